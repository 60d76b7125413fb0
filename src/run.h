/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run - a run from its set-up to its end.  Main thread only, unless said otherwise. */
#ifndef PCP_RUN_H
#define PCP_RUN_H

#include <stdbool.h>
#include <stdint.h>

struct context;
struct options;

/* Set up the run for opts, and take it down when all is done. */
void run_init(struct context *c, const struct options *opts);
void run_fini(struct context *c);

/* Wait until all that was begun is done. */
void run_drain(struct context *c);

/* Around the making of a directory, in any thread: does a walker mostly wait? */
struct run_timer {
	int64_t wall, cpu;		/* nanoseconds, when it began; 0: not measured */
};
void run_dir_begins(struct context *c, struct run_timer *t);
void run_dir_made(struct context *c, const struct run_timer *t);

/* Could another walker take a subtree?  Any thread may ask. */
bool run_wants_walker(struct context *c);

/* Would somebody take some of a directory's files soon?  Any thread may ask. */
bool run_wants_help(struct context *c);

#endif
