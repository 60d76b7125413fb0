/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pass - with --journal, the runs that together copy all there is once: whether this one has
 * something to do, and what of it is done.
 */
#ifndef PCP_PASS_H
#define PCP_PASS_H

#include <stdbool.h>

struct context;
struct dir;
struct options;

/*
 * Returns true if there is something to copy; else the reason has been said.  Main thread only,
 * before there are others.
 */
bool pass_begin(const struct options *o);

/* The run has ended, and nothing is under way.  Main thread only. */
void pass_end(const struct context *c);

/*
 * d has come to its end; finished: all in it is done, at any depth.  Returns false if that is not
 * so after all, as has been reported.  Thread-safe.
 */
bool pass_dir_ended(struct dir *d, bool finished);

#endif
