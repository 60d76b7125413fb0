/* SPDX-License-Identifier: GPL-3.0-or-later */
/* othercase - names that differ in nothing but the case of letters.  Thread-safe. */
#ifndef PCP_OTHERCASE_H
#define PCP_OTHERCASE_H

#include <stdbool.h>

struct dir;

/*
 * Returns true if the destination of d, which is pinned, takes capital and small letters for the
 * same, and its source has a name that differs from name, which it has not, in nothing else.
 */
bool othercase_is_source(const struct dir *d, const char *name);

#endif
