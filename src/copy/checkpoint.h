/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * checkpoint - with --journal, how far the copies of huge files are, told to the journal now and
 * then.  Main thread only.
 */
#ifndef PCP_CHECKPOINT_H
#define PCP_CHECKPOINT_H

struct context;

/* Call it often; it looks once a second. */
void checkpoint_tick(struct context *c);

#endif
