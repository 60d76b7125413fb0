/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress - when it is shown how far the run is, and to whom: on the terminal, to readers
 * of JSON, and to those who ask by a signal.  Main thread only.
 */
#ifndef PCP_PROGRESS_H
#define PCP_PROGRESS_H

#include <stdbool.h>

struct context;

/* The run begins.  Returns true if progress_tick() has something to show. */
bool progress_init(struct context *c);

/* Show what there is to show, if it is time.  Cheap; call it ten times a second. */
void progress_tick(struct context *c);

/* The process is about to be stopped: take progress off the screen. */
void progress_suspend(void);

/* Print in a line how much has been done so far. */
void progress_snapshot(struct context *c);

/* All that was begun has ended: show that, and take progress off the screen for good. */
void progress_end(struct context *c);

#endif
