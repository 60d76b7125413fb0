/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the main thread writes the file, between two looks at what has ended.  It is a few
 * kilobytes, and not flushed.  In a run without progress there is no prescan, so that to be
 * monitored costs a file server nothing; then no totals are told.
 *
 * The first file is not written before the run has begun: what exits for a mistake in the command
 * line would leave one that says that it runs.
 */
#include <config.h>

#include "watch/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/options.h"
#include "dirname.h"
#include "report/output.h"
#include "report/quote.h"
#include "report/report.h"
#include "report/wholefile.h"
#include "walk/prescan.h"
#include "watch/metrics_text.h"
#include "xalloc.h"

#define SUFFIX ".prom"

static struct {
	struct wholefile *file;		/* NULL: there is none */
	const char *path;
	char *run;			/* the name of the run: that of the file, without SUFFIX */
	double started;			/* seconds since 1970 */
	int64_t next;			/* CLOCK_MONOTONIC, nanoseconds */
	bool warned;
} state;

void metrics_begin(const struct options *o)
{
	if (!o->metrics)
		return;
	state.file = wholefile_open(o->metrics);
	if (!state.file)
		output_cannot_open(o->metrics);
	state.path = o->metrics;
	state.run = xstrdup(last_component(o->metrics));
	size_t len = strlen(state.run), suffix = strlen(SUFFIX);
	if (len > suffix && !strcmp(state.run + len - suffix, SUFFIX))
		state.run[len - suffix] = '\0';
	state.started = clock_seconds(clock_now(CLOCK_REALTIME));
}

bool metrics_are_due(int64_t now)
{
	return state.file && now >= state.next;
}

/* Add what others have counted to m, and write it.  Returns 0 or an errno value. */
static int write_file(struct metrics *m)
{
	struct status_counts counts = status_counts();
	struct copyfile_stats stats;
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		xalloc_die();
	m->run = state.run;
	m->started = state.started;
	m->updated = clock_seconds(clock_now(CLOCK_REALTIME));
	m->errors = counts.errors;
	m->warnings = counts.warnings;
	status_errors_by_errno(m->errors_by_errno);
	tally_sum(&m->tally);
	if (copyfile_stats(&stats, sizeof stats) == 0) {
		m->calls = stats.calls;
		m->copiers = stats.threads;
	}
	m->expected = prescan_totals(&m->files_expected, &m->bytes_expected);
	locale_t user = language_plain();
	metrics_text_put(out, m);
	language_user(user);
	if (fclose(out) != 0)
		xalloc_die();
	int err = wholefile_put(state.file, text, size);
	free(text);
	return err;
}

void metrics_put(const struct metrics_now *now_pending, int64_t now)
{
	if (!metrics_are_due(now))
		return;
	struct metrics m = {
		.running = true, .pending = now_pending->pending,
		.copying = now_pending->copying, .pending_bytes = now_pending->pending_bytes,
		.walkers = now_pending->walkers,
	};
	int err = write_file(&m);

	state.next = now + METRICS_NS;
	if (err && !state.warned)
		report_warning(&(struct report_about){ .op = OP_RUN }, err,
			       "warning: cannot replace %s", quote_always(0, state.path));
	state.warned |= err != 0;
}

void metrics_end(const struct options *o)
{
	struct metrics m = { .running = false };

	if (!state.file)
		return;
	(void)output_status(&m.exit_code);
	int err = write_file(&m);
	if (err)
		report_error(err, "error writing %s", quote_always(0, o->metrics));
	wholefile_close(state.file);
	free(state.run);
	state.file = NULL;
}
