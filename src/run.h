/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run - a run from its set-up to its end.  Main thread only. */
#ifndef PCP_RUN_H
#define PCP_RUN_H

struct context;
struct options;

/* Set *c up for a run with opts, which stay valid until run_fini(). */
void run_init(struct context *c, const struct options *opts);

/* Wait until all that was begun is done, show how it went, and free everything. */
void run_fini(struct context *c);

#endif
