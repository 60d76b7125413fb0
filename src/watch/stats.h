/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stats - what --stats says of the engine at the end of a run. */
#ifndef PCP_STATS_H
#define PCP_STATS_H

struct context;

/* Print on standard error what was decided, why, and what it took. */
void stats_print(struct context *c);

#endif
