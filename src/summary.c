/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a summary is for a terminal or a log, where an error is one line among many; in a
 * script that reads standard error, it would only be in the way.  What stopped a run is
 * always said.
 *
 * At a terminal a run that took a while also says what it has done, for whoever has watched
 * its progress, which is gone, or has come back later.
 */
#include <config.h>

#include "summary.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/options.h"
#include "base/size.h"
#include "base/stop.h"
#include "base/tally.h"
#include "copy/full.h"
#include "hint.h"
#include "progname.h"
#include "report/log.h"
#include "report/output.h"
#include "report/quote.h"
#include "report/report.h"
#include "report/status.h"
#include "watch/text.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* After so many seconds a run has taken a while. */
#define LONG_RUN 3.0

/*
 * Returns "9 Permission denied, 3 Input/output error", the most frequent first; the caller
 * frees it.
 */
static char *list_errors(void)
{
	uint64_t left[STATUS_ERRNOS];
	char *list = xstrdup("");

	status_errors_by_errno(left);
	for (;;) {
		int most = 0;

		for (int i = 1; i < STATUS_ERRNOS; i++)
			if (left[i] > (most ? left[most] : 0))
				most = i;
		if (!most)
			return list;
		char *longer = xasprintf("%s%s%ju %s", list, *list ? ", " : "",
					 (uintmax_t)left[most], strerror(most));
		left[most] = 0;
		free(list);
		list = longer;
	}
}

/* Say why the run stopped early; after a signal, say nothing. */
static void print_reason(void)
{
	enum stop_why why = stop_asked();

	if (!stop_left_out() || why == STOP_SIGNAL)
		return;
	for (const struct full *f = full_first(); f; f = f->next)
		if (f->left_out)
			report_line("%s: stopped: nothing more can be written to "
				    "the file system of %s", program_name, quote_always(0, f->dir));
	if (why == STOP_TIME)
		report_line("%s: stopped: time is up", program_name);
	if (why == STOP_ERRORS)
		report_line("%s: stopped: too many errors", program_name);
}

/* Append "3 vanished" to *list, after a comma if that is not empty; nothing if n is 0. */
static void add_count(char **list, uint64_t n, const char *what)
{
	char *some = text_some(n, what), *old = *list;

	*list = xasprintf("%s%s%s", old, *old && *some ? ", " : "", some);
	free(some);
	free(old);
}

static void print_failures(uint64_t errors, const struct tally *sum)
{
	char *list = list_errors(), *sources = xstrdup("");

	add_count(&sources, sum->untried, "not tried");
	add_count(&sources, sum->vanished, "vanished");
	add_count(&sources, sum->changed, "changed");
	report_line("%s: %ju failed%s%s%s; %ju copied%s%s", program_name, (uintmax_t)errors,
		    *list ? " (" : "", list, *list ? ")" : "",
		    (uintmax_t)tally_files_done(sum), *sources ? ", " : "", sources);
	free(sources);
	free(list);
}

/* Print what the run has done: 1 200 files, 3 directories, 1.2 GiB in 0:42, 30 MiB/s; ... */
static void print_work(const struct tally *sum, double elapsed)
{
	uint64_t files = tally_files_done(sum), dirs = tally_done(sum, KIND_DIR);
	char *work = xstrdup(""), *rest = xstrdup(""), *time = text_time(elapsed);
	char bytes[SIZE_BUF], rate[SIZE_BUF];

	add_count(&work, files, files == 1 ? "file" : "files");
	add_count(&work, dirs, dirs == 1 ? "directory" : "directories");
	add_count(&rest, tally_of_outcome(sum, OUTCOME_SKIPPED), "skipped");
	add_count(&rest, tally_of_outcome(sum, OUTCOME_ATTRIBUTES), "with new attributes");
	add_count(&rest, sum->deleted, "deleted");
	add_count(&rest, sum->replaced, "replaced");
	add_count(&rest, sum->retried, "tried again");
	report_line("%s: %s, %s in %s, %s/s%s%s", program_name, *work ? work : "no files",
		    size_text(bytes, sum->bytes), time, size_text(rate, sum->bytes / elapsed),
		    *rest ? "; " : "", rest);
	free(time);
	free(rest);
	free(work);
}

void summary_print(const struct options *o)
{
	uint64_t errors = status_counts().errors;
	double elapsed = output_elapsed();
	bool terminal = isatty(STDERR_FILENO);
	/* After a signal it has been said how far the run was. */
	bool long_run = terminal && elapsed >= LONG_RUN && stop_asked() != STOP_SIGNAL;
	struct tally sum;

	print_reason();
	hint_print(o);
	if (o->quiet)
		return;
	tally_sum(&sum);
	if (long_run)
		print_work(&sum, elapsed);
	bool untried = sum.untried && stop_asked() != STOP_SIGNAL;
	bool failures = errors || sum.vanished || sum.changed || untried;
	if (failures && (long_run || (tally_files_done(&sum) >= 2 && (terminal || log_is_open()))))
		print_failures(errors, &sum);
}
