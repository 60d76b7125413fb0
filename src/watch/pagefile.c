/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: all that is kept for the page is bounded: some 100 KiB for the samples, and as much for
 * names and messages, unless these are very long.
 *
 * The file systems are looked at before the run.  At its end, when signals are blocked, one may be
 * that of a server which does not answer any more.
 */
#include <config.h>

#include "watch/pagefile.h"

#include <stdio.h>
#include <stdlib.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/options.h"
#include "copy/context.h"
#include "report/errorkinds.h"
#include "report/figures.h"
#include "report/output.h"
#include "report/quote.h"
#include "report/report.h"
#include "report/status.h"
#include "report/wholefile.h"
#include "watch/mounts.h"
#include "watch/page.h"
#include "watch/series.h"
#include "watch/snapshot.h"
#include "xalloc.h"

static struct {
	struct wholefile *file;		/* NULL: there is none */
	time_t began;
	int64_t started;		/* CLOCK_MONOTONIC, nanoseconds */
	struct mounts mounts;		/* as they were before the run */
	struct copyfile_stats stats;	/* as they were when the last sample was taken */
	struct series *series;		/* on the heap: a run without it needs less memory */
} state;

void pagefile_begin(const struct options *o)
{
	if (!o->report)
		return;
	state.file = wholefile_open(o->report);
	if (!state.file)
		output_cannot_open(o->report);
	state.began = time(NULL);
	state.started = clock_now(CLOCK_MONOTONIC);
	mounts_look(o, &state.mounts);
	state.series = xmalloc(sizeof *state.series);
	series_init(state.series);
	figures_begin();
	errorkinds_begin();
}

bool pagefile_is_due(int64_t now)
{
	return state.file && now - state.started >= series_next(state.series);
}

void pagefile_sample(struct context *c, const struct snapshot *s, int64_t now, bool ended)
{
	struct series_now sample = {
		.at = now - state.started, .bytes = s->bytes_done,
		.files = tally_files_done(&s->tally), .walkers = workers_count(&c->workers),
		.pending = s->pending,
	};

	if (!state.file || !(ended || pagefile_is_due(now)))
		return;
	if (copyfile_stats(&state.stats, sizeof state.stats) == 0)
		sample.copiers = state.stats.threads;
	for (int kind = 0; kind < KINDS; kind++)
		sample.entries += tally_of_kind(&s->tally, kind);
	figures_times(sample.times);
	series_add(state.series, &sample);
}

/* Returns the page, which the caller frees, and sets *ret_size. */
static char *make_page(const struct options *o, size_t *ret_size)
{
	struct status_counts counts = status_counts();
	struct page page = {
		.o = o, .began = state.began, .ended = time(NULL), .elapsed = output_elapsed(),
		.errors = counts.errors, .warnings = counts.warnings, .series = state.series,
		.mounts = &state.mounts,
		.cores = state.stats.cores, .threads_peak = state.stats.threads_peak,
		.calls = state.stats.calls,
	};
	char *text;
	FILE *out = open_memstream(&text, ret_size);

	if (!out)
		xalloc_die();
	page.status = output_status(&page.exit_code);
	tally_sum(&page.tally);
	locale_t user = language_plain();
	page_put(out, &page);
	language_user(user);
	if (fclose(out) != 0)
		xalloc_die();
	return text;
}

void pagefile_end(const struct options *o)
{
	size_t size;

	if (!state.file)
		return;
	char *text = make_page(o, &size);
	int err = wholefile_put(state.file, text, size);
	if (err)
		report_error(err, "error writing %s", quote_always(0, o->report));
	free(text);
	free(state.series);
	wholefile_close(state.file);
	state.file = NULL;
}
