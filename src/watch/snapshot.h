/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * snapshot - how far the run is at a moment: one set of numbers for the terminal, for
 * readers of JSON, and for SIGUSR1.  Main thread only.
 */
#ifndef PCP_SNAPSHOT_H
#define PCP_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tally.h"
#include "watch/active.h"

struct context;

/* As many of the copies that run are in a snapshot, those that have run for longest. */
#define SNAPSHOT_ACTIVE 16

enum snapshot_phase { PHASE_SCAN, PHASE_COPY, PHASE_FINALIZE, PHASES };

struct snapshot {
	enum snapshot_phase phase;
	struct tally tally;
	uint64_t errors, warnings;
	double elapsed;			/* seconds since the start */

	/* The work in total; while that is not final, there is at least so much */
	bool totals_final;
	uint64_t files_total, bytes_total;

	/* Done, including what pending copies have in place so far */
	uint64_t files_done, bytes_done;
	double part;			/* 0 to 1, as far as it is known; never goes back */
	int percent;			/* the same, 0 to 100; -1: not known */
	double rate, rate_average;	/* bytes a second, lately and altogether */
	double eta;			/* seconds to go; negative: not known */
	bool paused;			/* by --control */
	double stalled;			/* seconds in which nothing was done; 0: not for long */

	unsigned int pending;		/* copies: */
	unsigned int copying, queued;	/* those that run, those that wait for a thread */
	unsigned int nactive;		/* those in active, the longest-running first */
	struct active active[SNAPSHOT_ACTIVE];
};

/* The run begins. */
void snapshot_init(void);

/* The process is about to be stopped: the time until it goes on counts for no rate. */
void snapshot_suspend(void);

/* Take the numbers; with ended, every copy has ended.  The caller releases *ret. */
void snapshot_take(struct snapshot *ret, struct context *c, bool ended);
void snapshot_release(struct snapshot *s);

#endif
