/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the stream of JSON begins with a line of type start and ends with a summary, in
 * every run, whatever goes wrong in between: so the functions that exit write both.
 */
#include <config.h>

#include "report/output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/options.h"
#include "base/signals.h"
#include "base/tally.h"
#include "progname.h"
#include "report/checksums.h"
#include "report/failed.h"
#include "report/json.h"
#include "report/log.h"
#include "report/outfile.h"
#include "report/quote.h"
#include "report/report.h"
#include "report/status.h"

static const struct options *options;	/* NULL: not known yet */
static int64_t started;			/* CLOCK_MONOTONIC, nanoseconds */
static int list = -1;			/* the file of --files-from */

void output_init(void)
{
	started = clock_now(CLOCK_MONOTONIC);
	quote_init(isatty(STDERR_FILENO) || isatty(STDOUT_FILENO));
}

double output_elapsed(void)
{
	return clock_seconds(clock_now(CLOCK_MONOTONIC) - started);
}

/* ---------------------------------------------------------------- JSON */

static void begin_json(const struct options *o)
{
	options = o;
	status_init(o->max_errors);
	json_put_start(o);
	report_begin(o->quiet);
}

/* Returns what became of the run, in one word; sig is the signal that ended it, or 0. */
static const char *status_word(int sig, int exit_code, uint64_t files_done)
{
	if (sig)
		return "interrupted";
	if (exit_code == EXIT_SUCCESS)
		return "ok";
	if (exit_code == STATUS_TIME_UP)
		return "timeout";
	return exit_code == STATUS_STOPPED || !files_done ? "failed" : "partial";
}

const char *output_status(int *ret_exit_code)
{
	int sig = signals_ender(), exit_code = status_exit_code();
	struct tally sum;

	tally_sum(&sum);
	*ret_exit_code = sig ? 128 + sig : exit_code;
	return status_word(sig, exit_code, tally_files_done(&sum));
}

/* Write the summary, after everything else that can fail. */
static void put_summary(void)
{
	struct status_counts counts = status_counts();
	uint64_t by_errno[STATUS_ERRNOS];
	struct json_summary s = {
		.errors_by_errno = by_errno, .nerrnos = STATUS_ERRNOS,
		.errors = counts.errors, .warnings = counts.warnings,
		.synced = status_synced(), .elapsed = output_elapsed(),
	};

	status_errors_by_errno(by_errno);
	tally_sum(&s.tally);
	s.status = output_status(&s.exit_code);
	json_put_summary(&s);
}

static void end_json(void)
{
	put_summary();
	int err = json_end();

	if (err && err != EPIPE)
		report_error(err, "error writing JSON");
	else if (err)
		status_fail();
}

/* --------------------------------------------------------------- files */

_Noreturn void output_cannot_open(const char *path)
{
	if (errno == EEXIST)
		report_error(0, "%s is named by two options", quote_always(0, path));
	else if (!errno)
		report_error(0, "%s is no regular file, and cannot be replaced",
			     quote_always(0, path));
	else
		report_error(errno, "cannot open %s for writing", quote_always(0, path));
	output_exit();
}

static void open_files(const struct options *o)
{
	if (o->files_from && (list = outfile_open_list(o->files_from)) < 0) {
		report_error(errno, "cannot open %s for reading", quote_always(0, o->files_from));
		output_exit();
	}
	if (o->log && !log_open(o->log))
		output_cannot_open(o->log);
	if (o->failed_to && !failed_open(o->failed_to, o->null))
		output_cannot_open(o->failed_to);
	if (o->checksum_file && !checksums_open(o->checksum_file))
		output_cannot_open(o->checksum_file);
}

static void close_files(const struct options *o)
{
	if (!log_close())
		report_error(errno, "error writing %s", quote_always(0, o->log));
	if (!failed_close())
		report_error(errno, "error writing %s", quote_always(0, o->failed_to));
	if (!checksums_close())
		report_error(errno, "error writing %s", quote_always(0, o->checksum_file));
}

/* ------------------------------------------------------- begin and end */

void output_begin(const struct options *o)
{
	begin_json(o);
	open_files(o);
}

int output_take_list(void)
{
	int fd = list;

	list = -1;
	return fd;
}

void output_end(void (*last_words)(const struct options *o),
		void (*last_files)(const struct options *o))
{
	/* If standard output has no reader, SIGPIPE has to come before signals are blocked. */
	int err = fflush(stdout) != 0 ? errno : 0;
	signals_close();
	last_words(options);
	/* close_stdout() would report this, too, but after the summary. */
	if (fflush(stdout) != 0)
		err = errno;
	if (err)
		report_error(err, "write error");
	else if (ferror(stdout))
		report_error(0, "write error");
	clearerr(stdout);
	close_files(options);
	last_files(options);
	end_json();
}

_Noreturn void output_exit(void)
{
	static const struct options none = { .json_fd = -1 };

	signals_close();
	status_fail();
	if (!options)
		begin_json(&none);
	end_json();
	signals_die();
	exit(EXIT_FAILURE);
}

_Noreturn void output_usage_error(void)
{
	fprintf(stderr, translate("Try '%s --help' for more information.\n"), program_name);
	/* getopt(3) and argmatch() print by themselves, and tell readers of JSON nothing. */
	if (!status_counts().errors)
		report_error_about(&(struct report_about){ .op = OP_PARSE, .known = true }, 0,
				   N_("invalid command line: standard error tells why"));
	output_exit();
}
