/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run - a run from its set-up to its end.  Main thread only. */
#ifndef PCP_RUN_H
#define PCP_RUN_H

struct context;
struct options;

/* Set up the run for opts, and take it down when all is done. */
void run_init(struct context *c, const struct options *opts);
void run_fini(struct context *c);

#endif
