/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stats - what --stats says of the engine at the end of a run. */
#ifndef PCP_STATS_H
#define PCP_STATS_H

struct copy;

/* On standard error: what was decided and why, and what it took. */
void stats_print(struct copy *c);

#endif
