/* SPDX-License-Identifier: GPL-3.0-or-later */
/* prune - with --delete, the removal of what is doomed, when all has been copied. */
#ifndef PCP_PRUNE_H
#define PCP_PRUNE_H

struct context;

/* Await all copies, and remove what is doomed.  Main thread only. */
void prune(struct context *c);

#endif
