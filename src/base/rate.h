/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rate - how much a second, as people write it.  Thread-safe. */
#ifndef PCP_RATE_H
#define PCP_RATE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Bytes a second: a number, which may have a fraction, and a suffix as that of a size (K is 1024,
 * KB 1000, and so on); or "off", or 0, for no limit, which is 0 in *ret.  Returns false if text
 * says nothing of that, or less than one.
 */
bool rate_parse_bytes(const char *text, uint64_t *ret);

/* The same for what is counted: a whole number without a suffix */
bool rate_parse_count(const char *text, uint64_t *ret);

#endif
