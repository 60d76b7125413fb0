/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress - when and where it is shown how far the run is: on the terminal, in the stream
 * of JSON, and in a line after SIGUSR1.  Main thread only.
 */
#ifndef PCP_PROGRESS_H
#define PCP_PROGRESS_H

#include <stdbool.h>

struct context;

/* The run begins.  Returns true if progress_tick() has something to show. */
bool progress_init(struct context *c);

/* Show the progress where it is time for that.  Cheap; call it ten times a second. */
void progress_tick(struct context *c);

/* The process is about to be stopped: take progress off the screen. */
void progress_suspend(void);

/* Print in a line how much has been done so far. */
void progress_snapshot(struct context *c);

/* Every copy has ended: show that, and take progress off the screen for good. */
void progress_end(struct context *c);

#endif
