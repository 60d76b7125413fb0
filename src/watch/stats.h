/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stats - what --stats says at the end of a run: threads, and what the engine decided. */
#ifndef PCP_STATS_H
#define PCP_STATS_H

struct context;

/* Print on standard error what was decided, why, and what it took. */
void stats_print(struct context *c);

#endif
