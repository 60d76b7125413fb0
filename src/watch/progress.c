/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: main calls progress_tick() ten times a second.  It takes the numbers once, and
 * shows them wherever it is time for that; --metrics and --report, which are read later, are two
 * of the places.
 *
 * A prescan finds the totals.  As it uses the same file systems as the copies, there is none
 * in a run whose progress nobody watches, and it begins only after a while.
 */
#include <config.h>

#include "watch/progress.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/options.h"
#include "base/stop.h"
#include "copy/context.h"
#include "copy/outcome.h"
#include "report/console.h"
#include "report/json.h"
#include "report/report.h"
#include "walk/prescan.h"
#include "watch/bar.h"
#include "watch/metrics.h"
#include "watch/pagefile.h"
#include "watch/progress_json.h"
#include "watch/snapshot.h"
#include "watch/text.h"

/* A run that is over before this needs no prescan. */
#define PRESCAN_NS CLOCK_SECOND

#define TICK_NS (CLOCK_SECOND / 10)

static struct {
	bool on_terminal;		/* or in lines of text on standard error */
	bool in_json;
	int64_t started, next, next_json;	/* CLOCK_MONOTONIC, nanoseconds */
	bool prescanning;
} state;

/* Returns true if somebody watches the progress, who wants to know the totals. */
static bool is_shown(void)
{
	return state.on_terminal || state.in_json;
}

bool progress_init(struct context *c)
{
	state.on_terminal = bar_init(c->opts->progress);
	state.in_json = json_is_on();
	state.started = clock_now(CLOCK_MONOTONIC);
	state.next = state.started + TICK_NS;
	state.next_json = state.started + c->opts->json_interval;
	snapshot_init();
	if (is_shown())
		outcome_watch();
	return is_shown() || metrics_are_due(INT64_MAX) || pagefile_is_due(INT64_MAX);
}

static void put_metrics(struct context *c, const struct snapshot *s, int64_t now)
{
	uint64_t ended = s->tally.bytes;

	metrics_put(&(struct metrics_now){
		.pending = s->pending, .copying = s->copying,
		.pending_bytes = s->bytes_done > ended ? s->bytes_done - ended : 0,
		.walkers = workers_count(&c->workers),
	}, now);
}

static void show(struct context *c, int64_t now)
{
	struct snapshot s;

	snapshot_take(&s, c, false);
	put_metrics(c, &s, now);
	pagefile_sample(c, &s, now, false);
	if (state.on_terminal)
		bar_show(&s, now);
	if (state.in_json && now >= state.next_json) {
		progress_json_put(&s);
		state.next_json = now + c->opts->json_interval;
	}
	snapshot_release(&s);
}

void progress_tick(struct context *c)
{
	/* A wake-up may come at any time, and mean nothing for this. */
	int64_t now = c->loop.ticking ? clock_now(CLOCK_MONOTONIC) : 0;

	if (!c->loop.ticking || now < state.next)
		return;
	state.next = now + TICK_NS;
	if (is_shown() && !state.prescanning && c->may_prescan &&
	    now - state.started >= PRESCAN_NS) {
		state.prescanning = true;
		prescan_begin(c->opts, c->operands, c->noperands);
	}
	if (is_shown() || metrics_are_due(now) || pagefile_is_due(now))
		show(c, now);
}

void progress_suspend(void)
{
	bar_hide();
	snapshot_suspend();
}

void progress_snapshot(struct context *c)
{
	bool interrupted = stop_asked() == STOP_SIGNAL;
	struct snapshot s;

	snapshot_take(&s, c, false);
	text_report(interrupted ? text_done : text_line, &s);
	snapshot_release(&s);
}

void progress_end(struct context *c)
{
	struct snapshot s;

	prescan_end();
	snapshot_take(&s, c, true);
	if (state.in_json)
		progress_json_put(&s);
	pagefile_sample(c, &s, clock_now(CLOCK_MONOTONIC), true);
	snapshot_release(&s);
	if (state.on_terminal)
		bar_hide();
	console_set_progress(NULL);
	state.on_terminal = state.in_json = false;
}
