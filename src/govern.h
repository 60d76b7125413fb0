/* SPDX-License-Identifier: GPL-3.0-or-later */
/* govern - the limits of a run, which are in force from its beginning to its end. */
#ifndef PCP_GOVERN_H
#define PCP_GOVERN_H

struct context;
struct options;

/* Main thread only, before any other thread is started */
void govern_priority(const struct options *o);

/* Main thread only, once c is complete, and before anything is copied. */
void govern_begin(struct context *c);

/* When nothing is under way any more */
void govern_end(void);

#endif
