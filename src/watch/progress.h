/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * progress - how far the run is: one set of numbers for the terminal, the JSON stream
 * and SIGUSR1.  Main thread only.
 */
#ifndef PCP_PROGRESS_H
#define PCP_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tally.h"
#include "copy/window.h"

struct context;

/* As many of the copies that run are shown, those that have for longest. */
#define PROGRESS_ACTIVE 16

enum progress_phase { PHASE_SCAN, PHASE_COPY, PHASE_FINALIZE, PHASES };

struct progress {
	enum progress_phase phase;
	struct tally tally;
	uint64_t errors, warnings;
	double elapsed;			/* seconds since the start */

	/* What there is to do; where not final, it is at least that */
	bool totals_final;
	uint64_t files_total, bytes_total;

	/* Done: with what copies in flight have in place so far */
	uint64_t files_done, bytes_done;
	double part;			/* 0 to 1, as far as it is known; never goes back */
	int percent;			/* the same, 0 to 100; -1: not known */
	double rate, rate_average;	/* bytes a second, lately and altogether */
	double eta;			/* seconds to go; negative: not known */
	double stalled;			/* seconds in which nothing has moved */

	unsigned int in_flight;		/* pending copies: */
	unsigned int copying, queued;	/* those that run, those that wait for a thread */
	unsigned int nactive;		/* that run, the longest-running first, are in active */
	struct window_active active[PROGRESS_ACTIVE];
};

/* The run begins.  True: progress_tick() has something to do. */
bool progress_init(struct context *c);

/* Show what there is to show, if it is time.  Cheap; call it ten times a second. */
void progress_tick(struct context *c);

/* The process is about to be stopped: clear the screen; the time until it goes on does not
   count for any rate. */
void progress_suspend(void);

/* Say in a line how much has been done so far. */
void progress_snapshot(struct context *c);

/* All that was begun has ended: show that, and take it off the screen for good. */
void progress_end(struct context *c);

#endif
