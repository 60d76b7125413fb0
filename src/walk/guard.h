/* SPDX-License-Identifier: GPL-3.0-or-later */
/* guard - what --delete refuses before anything is touched. */
#ifndef PCP_GUARD_H
#define PCP_GUARD_H

#include <stdbool.h>

struct options;

/*
 * Returns true if the first n operands may be copied with --delete, into the directory dir, which
 * is open as dir_fd, or if dir is NULL to the name that is the next operand.  Otherwise that has
 * been reported.
 */
bool guard_allows(const struct options *o, int n, const char *dir, int dir_fd);

#endif
