/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run - a run from its set-up to its end.  Main thread only, but for run_wants(). */
#ifndef PCP_RUN_H
#define PCP_RUN_H

#include <stdbool.h>

struct copy;
struct options;

/* Set up the run for opts, and take it down when all is done. */
void run_init(struct copy *c, const struct options *opts);
void run_fini(struct copy *c);

/* Wait until all that was begun is done. */
void run_drain(struct copy *c);

/* Could another walker take a subtree?  Any thread may ask. */
bool run_wants_walker(struct copy *c);

#endif
