/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prescan - how much there is to copy: a thread that walks ahead. */
#ifndef PCP_PRESCAN_H
#define PCP_PRESCAN_H

#include <stdbool.h>
#include <stdint.h>

struct options;

/*
 * Have the sources counted, by the rules of opts; both stay as they are until
 * the process ends.  Main thread only; nothing happens if no thread can be had.
 */
void prescan_begin(const struct options *opts, char *const *sources, int n);

/* Stop, if it has not ended by itself. */
void prescan_end(void);

/*
 * What has been found so far: regular files, and bytes in them that will be copied.
 * True: that is all.  Any thread.
 */
bool prescan_totals(uint64_t *ret_files, uint64_t *ret_bytes);

#endif
