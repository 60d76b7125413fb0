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

#include "base/language.h"
#include "base/options.h"
#include "base/size.h"
#include "base/stop.h"
#include "base/tally.h"
#include "copy/full.h"
#include "hint.h"
#include "progname.h"
#include "report/log.h"
#include "report/message.h"
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

/* Append what text_some() says, after a comma if *list is not empty; nothing if n is 0. */
static void add_count(char **list, uint64_t n, const char *one, const char *many)
{
	char *some = n ? text_some(n, one, many) : xstrdup(""), *old = *list;

	*list = xasprintf("%s%s%s", old, *old && *some ? ", " : "", some);
	free(some);
	free(old);
}

/* What the last lines tell */
struct last {
	const struct tally *sum;
	uint64_t errors;
	double elapsed;
};

/* pcp: 3 failed (2 Permission denied, 1 Input/output error); 9 copied, 1 vanished */
static char *compose_failures(const void *arg)
{
	const struct last *last = arg;
	const struct tally *sum = last->sum;
	uintmax_t errors = last->errors, copied = tally_files_done(sum);
	char *kinds = list_errors(), *rest = xstrdup("");

	char *failed = xasprintf(translate_n("%ju failed", "%ju failed", errors), errors);
	char *done = xasprintf(translate_n("%ju copied", "%ju copied", copied), copied);
	add_count(&rest, sum->untried, "%s not tried", "%s not tried");
	add_count(&rest, sum->vanished, "%s vanished", "%s vanished");
	add_count(&rest, sum->changed, "%s changed", "%s changed");
	char *line = xasprintf("%s: %s%s%s%s; %s%s%s", program_name, failed, *kinds ? " (" : "",
			       kinds, *kinds ? ")" : "", done, *rest ? ", " : "", rest);
	free(kinds);
	free(rest);
	free(failed);
	free(done);
	return line;
}

/* pcp: 1 200 files, 3 directories, 1.2 GiB in 0:42, 30 MiB/s; 5 skipped */
static char *compose_work(const void *arg)
{
	const struct last *last = arg;
	const struct tally *sum = last->sum;
	uint64_t files = tally_files_done(sum), dirs = tally_done(sum, KIND_DIR);
	char *work = xstrdup(""), *rest = xstrdup(""), *time = text_time(last->elapsed);
	char bytes[SIZE_BUF], rate[SIZE_BUF];

	add_count(&work, files, "%s file", "%s files");
	add_count(&work, dirs, "%s directory", "%s directories");
	add_count(&rest, tally_of_outcome(sum, OUTCOME_SKIPPED), "%s skipped", "%s skipped");
	add_count(&rest, tally_of_outcome(sum, OUTCOME_ATTRIBUTES), "%s with new attributes",
		  "%s with new attributes");
	add_count(&rest, sum->deleted, "%s deleted", "%s deleted");
	add_count(&rest, sum->replaced, "%s replaced", "%s replaced");
	add_count(&rest, sum->retried, "%s tried again", "%s tried again");
	/* TRANSLATORS: pcp: 200 files, 3 directories, 1.2 GiB in 0:42, 30 MiB/s; 5 skipped */
	char *line = xasprintf(translate("%s: %s, %s in %s, %s/s%s%s"), program_name,
			       *work ? work : translate("no files"), size_text(bytes, sum->bytes),
			       time, size_text(rate, sum->bytes / last->elapsed),
			       *rest ? "; " : "", rest);
	free(time);
	free(rest);
	free(work);
	return line;
}

static void print_line(char *(*compose)(const void *arg), const struct last *last)
{
	struct message m = message_twice(compose, last);

	report_line_message(&m);
	message_free(&m);
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
	const struct last last = { .sum = &sum, .errors = errors, .elapsed = elapsed };
	if (long_run)
		print_line(compose_work, &last);
	bool untried = sum.untried && stop_asked() != STOP_SIGNAL;
	bool failures = errors || sum.vanished || sum.changed || untried;
	if (failures && (long_run || (tally_files_done(&sum) >= 2 && (terminal || log_is_open()))))
		print_line(compose_failures, &last);
}
