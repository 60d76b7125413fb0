/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: main comes by ten times a second; then the numbers are taken once, for
 * whoever wants to see them.  They are of slightly different moments: a copy that has
 * just ended may be missing among those in flight and not be counted yet, and one that
 * failed takes back what it had done.  What is shown does not go back for that; and the
 * rate is that of the work, in which what was lost later counts as well.
 *
 * Totals are those of the prescan, or what has been met by now if that is more.  What was
 * skipped, and what failed, is not going to be done: the percentage is of the rest.
 *
 * The time to go follows from the rate of the last ten seconds, in which a file counts
 * as some bytes more than it has: ten thousand small ones take longer than one big one.
 */
#include <config.h>

#include "watch/progress.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/stop.h"
#include "copy/context.h"
#include "copy/outcome.h"
#include "report/console.h"
#include "report/json.h"
#include "report/report.h"
#include "report/status.h"
#include "walk/prescan.h"
#include "watch/bar.h"
#include "watch/progress_json.h"

/* A run that is over before this needs no prescan. */
#define PRESCAN_NS CLOCK_SECOND

#define TICK_NS (CLOCK_SECOND / 10)

/* The rate is that since the oldest of these. */
#define SAMPLES 20
#define SAMPLE_NS (CLOCK_SECOND / 2)

/* How many bytes take as long to copy as to begin a file: on tmpfs, ext4, and NFS
   between 50 and 400 KiB were measured. */
#define FILE_COST (128 * 1024.0)

/* Nothing has moved for so many seconds: a stall */
#define STALL 5.0

struct sample {
	int64_t at;
	uint64_t work, files;
};

static struct {
	bool active, shown;		/* somebody looks; on the terminal */
	int64_t started, next, next_json;
	bool prescanning;
	struct sample samples[SAMPLES];	/* a ring */
	unsigned int nsamples;		/* taken altogether */
	int64_t moved_at;		/* when something was done last, */
	uint64_t moved_work, moved_files;	/* and what was by then */
	uint64_t work;			/* bytes copied, whatever became of them */
	uint64_t bytes_shown, files_shown;	/* these, and work, do not go back */
	double part_shown;
	int64_t suspended_at;		/* 0: not since the last look */
} state;

bool progress_init(struct context *c)
{
	const struct options *o = c->opts;

	state.shown = bar_init(o->progress);
	state.active = state.shown || json_is_on();
	state.started = state.moved_at = clock_now(CLOCK_MONOTONIC);
	state.next = state.started + TICK_NS;
	state.next_json = state.started + o->json_interval;
	if (state.active)
		outcome_watch();
	return state.active;
}

/* ----------------------------------------------------------- the numbers */

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* What the copies in flight, and those that have ended, come to */
static void take_done(struct context *c, struct progress *p)
{
	struct window_sum pending;

	tally_sum(&p->tally);
	p->nactive = window_look(&c->window, p->active, PROGRESS_ACTIVE, &pending);
	p->in_flight = pending.count;
	p->copying = pending.copying;
	p->queued = pending.count - pending.copying;
	state.work = most(state.work, tally_plus(tally_plus(p->tally.bytes, p->tally.bytes_lost),
						 pending.bytes_done));
	state.bytes_shown = most(state.bytes_shown, state.work - p->tally.bytes_lost);
	p->bytes_done = state.bytes_shown;
	p->files_done = state.files_shown = most(state.files_shown, tally_done(&p->tally, KIND_FILE));
}

static void take_totals(struct progress *p)
{
	uint64_t met = tally_of_kind(&p->tally, KIND_FILE);
	bool ended = p->phase == PHASE_FINALIZE;

	p->totals_final = prescan_totals(&p->files_total, &p->bytes_total) ||
			  (ended && !stop_left_out());
	p->files_total = most(p->files_total, met);
	p->bytes_total = most(p->bytes_total, tally_plus(p->bytes_done, p->tally.bytes_left));
}

static void take_part(struct progress *p)
{
	const uint64_t *files = p->tally.entries[KIND_FILE];
	double bytes = p->bytes_total - p->tally.bytes_left;
	double count = p->files_total - files[OUTCOME_SKIPPED] - files[OUTCOME_FAILED];
	double part = bytes > 0 ? p->bytes_done / bytes : count > 0 ? p->files_done / count : 0;

	p->percent = -1;
	if (!p->totals_final)
		return;
	/* All of it only when nothing is left to do, attributes of directories included. */
	if (p->phase == PHASE_FINALIZE)
		part = stop_left_out() ? part : 1;
	else if (part > 0.99)
		part = 0.99;
	p->part = state.part_shown = part > state.part_shown ? part : state.part_shown;
	p->percent = (int)(p->part * 100 + 1e-9);
}

static double cost(double bytes, double files)
{
	return bytes + files * FILE_COST;
}

/* Remember p, unless it is too soon; the oldest that is remembered. */
static struct sample take_sample(const struct progress *p, int64_t now)
{
	struct sample *last = &state.samples[(state.nsamples + SAMPLES - 1) % SAMPLES];
	struct sample own = { .at = now, .work = state.work, .files = p->files_done };

	if (!state.nsamples)
		state.samples[state.nsamples++] = (struct sample){ .at = state.started };
	else if (now - last->at >= SAMPLE_NS)
		state.samples[state.nsamples++ % SAMPLES] = own;
	return state.samples[state.nsamples <= SAMPLES ? 0 : state.nsamples % SAMPLES];
}

/* Leave out of all rates the time in which the process was stopped. */
static void leave_out_stop(int64_t now)
{
	int64_t gap = now - state.suspended_at;

	if (!state.suspended_at)
		return;
	state.suspended_at = 0;
	for (unsigned int i = 0; i < SAMPLES; i++)
		state.samples[i].at += gap;
	state.moved_at += gap;
}

static void take_rates(struct progress *p, int64_t now)
{
	struct sample old = take_sample(p, now);
	double seconds = clock_seconds(now - old.at);
	double moved = cost(state.work - old.work, p->files_done - old.files);
	const uint64_t *files = p->tally.entries[KIND_FILE];
	/* Not what is shown, which may be ahead of what is there. */
	uint64_t there = state.work - p->tally.bytes_lost;
	/* Less than nothing is left where the sums were capped. */
	double bytes_left = (double)p->bytes_total - p->tally.bytes_left - there;
	double left = cost(bytes_left > 0 ? bytes_left : 0,
			   p->files_total - files[OUTCOME_SKIPPED] - files[OUTCOME_FAILED] -
				   p->files_done);

	if (state.work != state.moved_work || p->files_done != state.moved_files)
		state.moved_at = now;
	state.moved_work = state.work;
	state.moved_files = p->files_done;
	p->stalled = clock_seconds(now - state.moved_at);
	if (p->stalled < STALL)
		p->stalled = 0;
	p->rate = seconds > 0 ? (state.work - old.work) / seconds : 0;
	p->rate_average = p->elapsed > 0 ? p->bytes_done / p->elapsed : 0;
	p->eta = p->totals_final && moved > 0 && !p->stalled ? left * seconds / moved : -1;
	if (p->phase == PHASE_FINALIZE)
		p->eta = 0;
}

static void take(struct context *c, struct progress *p, bool ended)
{
	int64_t now = clock_now(CLOCK_MONOTONIC);
	struct status_counts counts = status_counts();

	*p = (struct progress){
		.elapsed = clock_seconds(now - state.started),
		.errors = counts.errors, .warnings = counts.warnings,
	};
	leave_out_stop(now);
	take_done(c, p);
	p->phase = ended ? PHASE_FINALIZE :
		   p->files_done || p->bytes_done || p->in_flight ? PHASE_COPY : PHASE_SCAN;
	take_totals(p);
	take_part(p);
	take_rates(p, now);
}

static void let_go(struct progress *p)
{
	for (unsigned int i = 0; i < p->nactive; i++)
		free(p->active[i].src);
}

/* --------------------------------------------------------------- showing */

static void show(struct context *c, int64_t now)
{
	struct progress p;

	take(c, &p, false);
	if (state.shown)
		bar_show(&p, now);
	if (json_is_on() && now >= state.next_json) {
		progress_json_put(&p);
		state.next_json = now + c->opts->json_interval;
	}
	let_go(&p);
}

void progress_tick(struct context *c)
{
	int64_t now = state.active ? clock_now(CLOCK_MONOTONIC) : 0;

	if (!state.active || now < state.next)
		return;
	state.next = now + TICK_NS;
	if (!state.prescanning && c->may_prescan && now - state.started >= PRESCAN_NS) {
		state.prescanning = true;
		prescan_begin(c->opts, c->operands, c->noperands);
	}
	show(c, now);
}

void progress_suspend(void)
{
	bar_hide();
	state.suspended_at = clock_now(CLOCK_MONOTONIC);
}

void progress_snapshot(struct context *c)
{
	struct progress p;

	take(c, &p, false);
	bool interrupted = stop_asked() == STOP_SIGNAL;
	char *line = interrupted ? bar_done(&p) : bar_line(&p);
	report_note("%s%s", interrupted ? "interrupted: " : "", line);
	free(line);
	let_go(&p);
}

void progress_end(struct context *c)
{
	struct progress p;

	prescan_end();
	if (json_is_on()) {
		take(c, &p, true);
		progress_json_put(&p);
		let_go(&p);
	}
	if (state.shown)
		bar_hide();
	console_set_progress(NULL);
	state.active = state.shown = false;
}
