/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the numbers are of slightly different moments.  A copy that has just ended may be
 * missing among those pending and not be counted yet, and one that failed takes back what
 * it had done.  What is shown does not go back for that.  The rate is that of the work, in
 * which what was lost later counts as well.
 *
 * Totals are those of the prescan, or what has been met by now if that is more.  What was
 * skipped, and what failed, is not going to be done: the percentage is of the rest.
 */
#include <config.h>

#include "watch/snapshot.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/stop.h"
#include "copy/context.h"
#include "report/status.h"
#include "walk/prescan.h"
#include "watch/estimate.h"

/* Until all has ended no more than this is shown: directories get their attributes last. */
#define MOST_BEFORE_END 0.99

static struct {
	int64_t started;		/* CLOCK_MONOTONIC, nanoseconds */
	int64_t suspended_at;		/* 0: not since the last look */
	struct estimate estimate;
	uint64_t work;			/* bytes copied, whatever became of them */
	uint64_t bytes_done, files_done;	/* as shown last; like work, never less */
	double part;
} last;

void snapshot_init(void)
{
	last.started = clock_now(CLOCK_MONOTONIC);
	estimate_init(&last.estimate, last.started);
}

void snapshot_suspend(void)
{
	last.suspended_at = clock_now(CLOCK_MONOTONIC);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Returns a - b, or 0 where that would be negative: sums are capped, see tally_plus(). */
static uint64_t minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* Returns how many files are done, or are going to be: neither skipped nor failed. */
static uint64_t files_wanted(const struct snapshot *s)
{
	const uint64_t *files = s->tally.entries[KIND_FILE];

	return minus(s->files_total, files[OUTCOME_SKIPPED] + files[OUTCOME_FAILED]);
}

/* As files_wanted(), in bytes */
static uint64_t bytes_wanted(const struct snapshot *s)
{
	return minus(s->bytes_total, s->tally.bytes_left);
}

/* Add up the pending copies and those that have ended. */
static void take_done(struct snapshot *s, struct context *c)
{
	struct active_sum pending;

	tally_sum(&s->tally);
	s->nactive = active_look(&c->window, s->active, SNAPSHOT_ACTIVE, &pending);
	s->pending = pending.count;
	s->copying = pending.copying;
	s->queued = pending.count - pending.copying;
	last.work = larger(last.work, tally_plus(tally_plus(s->tally.bytes, s->tally.bytes_lost),
						 pending.bytes_done));
	s->bytes_done = larger(last.bytes_done, last.work - s->tally.bytes_lost);
	s->files_done = larger(last.files_done, tally_done(&s->tally, KIND_FILE));
	last.bytes_done = s->bytes_done;
	last.files_done = s->files_done;
}

static void take_totals(struct snapshot *s)
{
	bool ended = s->phase == PHASE_FINALIZE;

	s->totals_final = prescan_totals(&s->files_total, &s->bytes_total) ||
			  (ended && !stop_left_out());
	s->files_total = larger(s->files_total, tally_of_kind(&s->tally, KIND_FILE));
	s->bytes_total = larger(s->bytes_total, tally_plus(s->bytes_done, s->tally.bytes_left));
}

static void take_part(struct snapshot *s)
{
	double part = estimate_part(s->bytes_done, bytes_wanted(s), s->files_done,
				    files_wanted(s));

	s->percent = -1;
	if (!s->totals_final)
		return;
	if (s->phase == PHASE_FINALIZE)
		part = stop_left_out() ? part : 1;
	else if (part > MOST_BEFORE_END)
		part = MOST_BEFORE_END;
	s->part = last.part = part > last.part ? part : last.part;
	s->percent = (int)(s->part * 100 + 1e-9);
}

/* Leave out of the rate the time in which the process was stopped. */
static void leave_out_stop(int64_t now)
{
	if (last.suspended_at)
		estimate_leave_out(&last.estimate, now - last.suspended_at);
	last.suspended_at = 0;
}

static void take_rates(struct snapshot *s, int64_t now)
{
	struct estimate_sample done = { .at = now, .bytes = last.work, .files = s->files_done };
	/* What is there, of which what is shown may be ahead */
	uint64_t there = last.work - s->tally.bytes_lost;
	struct estimate_result r = estimate_update(&last.estimate, &done,
						   minus(bytes_wanted(s), there),
						   minus(files_wanted(s), s->files_done));

	s->rate = r.rate;
	s->rate_average = s->elapsed > 0 ? s->bytes_done / s->elapsed : 0;
	s->stalled = r.stalled;
	s->eta = s->phase == PHASE_FINALIZE ? 0 : s->totals_final ? r.eta : -1;
}

void snapshot_take(struct snapshot *ret, struct context *c, bool ended)
{
	int64_t now = clock_now(CLOCK_MONOTONIC);
	struct status_counts counts = status_counts();

	*ret = (struct snapshot){
		.elapsed = clock_seconds(now - last.started),
		.errors = counts.errors, .warnings = counts.warnings,
		.paused = workers_paused(&c->workers),
	};
	leave_out_stop(now);
	take_done(ret, c);
	bool begun = ret->files_done || ret->bytes_done || ret->pending;
	ret->phase = ended ? PHASE_FINALIZE : begun ? PHASE_COPY : PHASE_SCAN;
	take_totals(ret);
	take_part(ret);
	take_rates(ret, now);
}

void snapshot_release(struct snapshot *s)
{
	for (unsigned int i = 0; i < s->nactive; i++)
		free(s->active[i].src);
}
