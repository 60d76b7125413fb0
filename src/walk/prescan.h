/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prescan - how much there is to copy: a thread that walks ahead. */
#ifndef PCP_PRESCAN_H
#define PCP_PRESCAN_H

#include <stdbool.h>
#include <stdint.h>

struct options;

/*
 * Start to count what the n operands in sources come to with opts; both stay as they are
 * until the process ends.  Nothing is counted if no thread can be started.  Main thread only.
 */
void prescan_begin(const struct options *opts, char *const *sources, int n);

/* Stop counting, unless it has ended.  The process is about to end.  Main thread only. */
void prescan_end(void);

/*
 * Set *ret_files and *ret_bytes to what has been counted so far: regular files, and the
 * bytes in them that are going to be copied.  Returns true if that is all.  Thread-safe.
 */
bool prescan_totals(uint64_t *ret_files, uint64_t *ret_bytes);

#endif
