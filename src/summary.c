/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a summary is for a terminal or a log, where an error is one line among many; in a
 * script that reads standard error, it would only be in the way.  What stopped a run is
 * always said.
 */
#include <config.h>

#include "summary.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/options.h"
#include "base/stop.h"
#include "base/tally.h"
#include "copy/full.h"
#include "progname.h"
#include "report/log.h"
#include "report/quote.h"
#include "report/report.h"
#include "report/status.h"
#include "xalloc.h"
#include "xvasprintf.h"

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
	if (why == STOP_ERRORS)
		report_line("%s: stopped: too many errors", program_name);
}

/* Returns ", 3 vanished, 1 changed", as far as there were any; the caller frees it. */
static char *list_sources(const struct tally *sum)
{
	char *vanished = sum->vanished ? xasprintf(", %ju vanished", (uintmax_t)sum->vanished)
				       : xstrdup("");
	char *list = sum->changed ? xasprintf("%s, %ju changed", vanished, (uintmax_t)sum->changed)
				  : xstrdup(vanished);

	free(vanished);
	return list;
}

static void print_counts(uint64_t errors, uint64_t copied, const struct tally *sum)
{
	char *list = list_errors(), *sources = list_sources(sum);

	report_line("%s: %ju failed%s%s%s; %ju copied%s", program_name, (uintmax_t)errors,
		    *list ? " (" : "", list, *list ? ")" : "", (uintmax_t)copied, sources);
	free(sources);
	free(list);
}

void summary_print(const struct options *o)
{
	uint64_t errors = status_counts().errors, copied;
	struct tally sum;

	print_reason();
	tally_sum(&sum);
	copied = tally_files_done(&sum);
	bool worth_it = errors || sum.vanished || sum.changed;
	if (worth_it && copied >= 2 && !o->quiet && (isatty(STDERR_FILENO) || log_is_open()))
		print_counts(errors, copied, &sum);
}
