/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: one place writes to standard error, under one lock, so that lines
 * never mix with each other or with the progress line, and so that no failure
 * can be printed without being counted.
 *
 * Each thread counts for itself, and who asks adds up: threads that share a
 * counter would fight for its cache line at every file.
 */
#include <config.h>

#include "report.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "options.h"
#include "progname.h"
#include "quotearg.h"
#include "stop.h"
#include "xalloc.h"
#include "xvasprintf.h"
#include "yesno.h"

/* Errors are counted by errno, of which Linux has less than this. */
#define ERRNOS 256

/* The exit status of a run that did not see everything */
#define EXIT_STOPPED 3

/* A thread's own; threads are few, and it outlives them */
struct tally {
	_Atomic uint64_t files, bytes;
	char *quoted[2], *old;	/* what was said last, quoted */
	struct tally *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tally *_Atomic tallies;
static _Atomic uint64_t errors;
static atomic_bool failed;
static _Atomic uint64_t by_errno[ERRNOS];
static const struct options *options;	/* NULL: not known yet */
static FILE *log_file, *failed_file;
void (*report_hide_progress)(void);

static bool is_full(int err)
{
	return err == ENOSPC || err == EDQUOT || err == EROFS;
}

void report_init(void)
{
	set_quoting_style(NULL, shell_escape_always_quoting_style);
}

static struct tally *my_tally(void)
{
	static _Thread_local struct tally *mine;

	if (!mine) {
		mine = xzalloc(sizeof *mine);
		report_lock();
		mine->next = tallies;
		tallies = mine;
		report_unlock();
	}
	return mine;
}

void report_done(uint64_t files, uint64_t bytes)
{
	struct tally *t = my_tally();

	/* Nobody else writes them. */
	atomic_store_explicit(&t->files, t->files + files, memory_order_relaxed);
	atomic_store_explicit(&t->bytes, t->bytes + bytes, memory_order_relaxed);
}

struct report_counts report_counts(void)
{
	struct report_counts sum = { .errors = errors };

	for (const struct tally *t = tallies; t; t = t->next) {
		sum.files += t->files;
		sum.bytes += t->bytes;
	}
	return sum;
}

/*
 * path, quoted, in *buf, which is freed.  Not quotearg_alloc(), which in some versions
 * loses the last quote of a name: what it does with no buffer at first differs.
 */
static const char *quote(char **buf, const char *path, const struct quoting_options *o)
{
	size_t size = 4 * strlen(path) + 64, n;

	free(*buf);
	*buf = xmalloc(size);
	while ((n = quotearg_buffer(*buf, size, path, SIZE_MAX, o)) >= size) {
		size = n + 1;
		*buf = xrealloc(*buf, size);
	}
	return *buf;
}

const char *report_quote(int slot, const char *path)
{
	struct tally *t = my_tally();

	return quote(&t->quoted[slot], path, NULL);
}

const char *report_name(int slot, const char *path, bool colon)
{
	struct tally *t = my_tally();
	struct quoting_options *o = clone_quoting_options(NULL);

	set_quoting_style(o, shell_escape_quoting_style);
	set_char_quoting(o, ':', colon);
	quote(&t->quoted[slot], path, o);
	free(o);
	return t->quoted[slot];
}

void report_lock(void)
{
	pthread_mutex_lock(&lock);
}

void report_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

static void log_time(void)
{
	char buf[64];
	time_t now = time(NULL);
	struct tm tm;

	strftime(buf, sizeof buf, "%Y-%m-%dT%H:%M:%S%z", localtime_r(&now, &tm));
	fprintf(log_file, "%s ", buf);
}

static void print(FILE *to, const char *name, int err, const char *format, va_list args)
{
	if (name)
		fprintf(to, "%s: ", name);
	vfprintf(to, format, args);
	if (err)
		fprintf(to, ": %s", strerror(err));
	putc('\n', to);
}

/* A line for standard error, unless it is silent, and for the log, of that kind. */
static void say(const char *name, const char *kind, int err, bool silent, const char *format,
		va_list args)
{
	va_list again;

	va_copy(again, args);
	report_lock();
	if (!silent) {
		fflush(stdout);
		if (report_hide_progress)
			report_hide_progress();
		print(stderr, name, err, format, args);
	}
	if (log_file) {
		log_time();
		print(log_file, kind, err, format, again);
	}
	report_unlock();
	va_end(again);
}

void report_error(int err, const char *format, ...)
{
	uint64_t before = err >= 0 && err < ERRNOS ? by_errno[err]++ : 0;
	/* That there is no space left need not be said of every file. */
	bool known = before && is_full(err) && stop_asked() == STOP_FULL;
	va_list args;

	va_start(args, format);
	say(program_name, "error", err, known, format, args);
	va_end(args);
	if (++errors == (options ? options->max_errors : 0))
		stop_request(STOP_ERRORS);
}

void report_failed(void)
{
	failed = true;
}

void report_failed_source(const char *src)
{
	if (!failed_file)
		return;
	report_lock();
	fprintf(failed_file, "%s%c", src, options->null ? '\0' : '\n');
	report_unlock();
}

void report_if_full(int err)
{
	/* In cp's place it goes on, as scripts expect. */
	if (is_full(err) && strcmp(program_name, "cp"))
		stop_request(STOP_FULL);
}

bool report_logs(void)
{
	return log_file;
}

void report_logged(const char *src, const char *dst, uint64_t bytes)
{
	const char *from = report_quote(0, src), *to = report_quote(1, dst);

	report_lock();
	log_time();
	fprintf(log_file, "copied %s to %s, %ju bytes\n", from, to, (uintmax_t)bytes);
	report_unlock();
}

void report_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(program_name, "note", 0, options && options->quiet, format, args);
	va_end(args);
}

void report_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(NULL, "note", 0, false, format, args);
	va_end(args);
}

bool report_ask(const char *format, ...)
{
	va_list args;

	report_lock();
	fflush(stdout);
	if (report_hide_progress)
		report_hide_progress();
	fprintf(stderr, "%s: ", program_name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fflush(stderr);
	report_unlock();
	return yesno();
}

/* A line on standard output; vprintf(3) keeps those of several threads apart. */
static void tell(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

static void tell(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

void report_copied(const char *src, const char *dst, const char *backup)
{
	struct tally *t = my_tally();
	const char *from = report_quote(0, src), *to = report_quote(1, dst);

	if (!backup) {
		tell("%s -> %s\n", from, to);
		return;
	}
	tell("%s -> %s (backup: %s)\n", from, to, quote(&t->old, backup, NULL));
}

void report_restored(const char *backup, const char *dst)
{
	tell("%s -> %s (unbackup)\n", report_quote(0, backup), report_quote(1, dst));
}

void report_parent(const char *src, const char *dst)
{
	tell("%s -> %s\n", report_name(0, src, false), report_name(1, dst, false));
}

void report_skipped(const char *dst)
{
	tell("skipped %s\n", report_quote(0, dst));
}

void report_method(const struct copyfile_info *info, bool no_reflink, bool look_for_zeros)
{
	const char *offload = "no", *reflink = no_reflink ? "no" : "unsupported";
	const char *sparse = look_for_zeros ? "zeros" : "no";

	switch (info->method) {
	case COPYFILE_BY_REFLINK:
		offload = sparse = "unknown";
		reflink = "yes";
		break;
	case COPYFILE_BY_KERNEL:
		offload = "yes";
		break;
	case COPYFILE_BY_NONE:
		offload = "unknown";
		break;
	}
	/* Holes that were left out */
	if (info->method != COPYFILE_BY_REFLINK && info->bytes_moved < info->bytes_done)
		sparse = look_for_zeros ? "SEEK_HOLE + zeros" : "SEEK_HOLE";
	tell("copy offload: %s, reflink: %s, sparse detection: %s\n", offload, reflink, sparse);
}

void report_removed(const char *dst)
{
	tell("removed %s\n", report_quote(0, dst));
}

/* ----------------------------------------------------- begin and end */

static FILE *open_for(const char *path)
{
	FILE *f = path ? fopen(path, "we") : NULL;

	if (path && !f) {
		report_error(errno, "cannot open %s for writing", report_quote(0, path));
		exit(EXIT_FAILURE);
	}
	return f;
}

void report_begin(const struct options *o)
{
	options = o;
	log_file = open_for(o->log);
	failed_file = open_for(o->failed_to);
}

static void close_file(FILE **f, const char *path)
{
	FILE *closed = *f;

	*f = NULL;
	if (closed && (ferror(closed) | fclose(closed)))
		report_error(errno, "error writing %s", report_quote(0, path));
}

/* "9 Permission denied, 3 Input/output error", the most frequent first; free it. */
static char *list_errors(void)
{
	char *list = xstrdup("");
	bool said[ERRNOS] = { false };

	for (;;) {
		int most = 0;

		for (int i = 1; i < ERRNOS; i++)
			if (!said[i] && by_errno[i] > (most ? by_errno[most] : 0))
				most = i;
		if (!most)
			return list;
		said[most] = true;
		char *longer = xasprintf("%s%s%ju %s", list, *list ? ", " : "",
					 (uintmax_t)by_errno[most], strerror(most));
		free(list);
		list = longer;
	}
}

/* At a terminal, and in the log, where one line would be lost among many. */
static void sum_up(void)
{
	struct report_counts counts = report_counts();
	enum stop_why why = stop_asked();

	if (stop_left_out() && why != STOP_SIGNAL)
		report_line("%s: stopped: %s", program_name,
			    why == STOP_FULL ? "nothing more can be written" : "too many errors");
	if (!counts.errors || counts.files < 2 || options->quiet ||
	    !(isatty(STDERR_FILENO) || log_file))
		return;
	char *list = list_errors();
	report_line("%s: %ju failed%s%s%s; %ju copied", program_name, (uintmax_t)counts.errors,
		    *list ? " (" : "", list, *list ? ")" : "", (uintmax_t)counts.files);
	free(list);
}

void report_end(void)
{
	sum_up();
	close_file(&log_file, options->log);
	close_file(&failed_file, options->failed_to);
}

int report_status(void)
{
	if (stop_left_out())
		return EXIT_STOPPED;
	return errors || failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
