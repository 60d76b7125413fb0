/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: one place writes to standard error, under one lock, so that lines
 * never mix with each other or with the progress line, and so that no failure
 * can be printed without being counted.
 *
 * What goes wrong before the run has begun is told to readers of JSON after that,
 * as their stream opens with what is to be done.
 */
#include <config.h>

#include "report/report.h"

#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "base/options.h"
#include "base/signals.h"
#include "base/stop.h"
#include "copy/full.h"
#include "progname.h"
#include "quotearg.h"
#include "report/answer.h"
#include "report/json.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* Errors are counted by errno, of which Linux has less than this. */
#define ERRNOS 256

/* The exit status of a run that did not see everything */
#define EXIT_STOPPED 3

/* What a thread has said last, quoted; threads are few, and it outlives them */
struct words {
	char *quoted[REPORT_SLOTS];
	struct words *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct words *all_words;
static _Atomic uint64_t errors, warnings;
static atomic_bool failed;
static _Atomic uint64_t by_errno[ERRNOS];
static const struct options *options;	/* NULL: not known yet */
static FILE *log_file, *failed_file;
static bool terminal;			/* somebody may look at names on one */
static locale_t plain_locale;
static int64_t started;			/* CLOCK_MONOTONIC, nanoseconds */

/* Messages that came before the options were known */
static struct early {
	enum report_op op;
	bool warning;
	int err;
	char *message;
} *early;
static size_t nearly;

void (*report_hide_progress)(void);

void report_init(void)
{
	set_quoting_style(NULL, shell_escape_always_quoting_style);
	started = clock_now(CLOCK_MONOTONIC);
	plain_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	terminal = plain_locale && (isatty(STDERR_FILENO) || isatty(STDOUT_FILENO));
}

static struct words *my_words(void)
{
	static _Thread_local struct words *mine;

	if (!mine) {
		mine = xzalloc(sizeof *mine);
		report_lock();
		mine->next = all_words;
		all_words = mine;
		report_unlock();
	}
	return mine;
}

struct report_counts report_counts(void)
{
	return (struct report_counts){ .errors = errors, .warnings = warnings };
}

/*
 * Characters that turn the direction of text make a name look like another one.  Here
 * they are: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069.
 */
static bool has_bidi(const char *s)
{
	for (; (s = strpbrk(s, "\330\342")); s++) {
		const unsigned char *u = (const unsigned char *)s;

		if (u[0] == 0xd8 && u[1] == 0x9c)
			return true;
		if (u[0] == 0xe2 && u[1] == 0x80 &&
		    (u[2] == 0x8e || u[2] == 0x8f || (u[2] >= 0xaa && u[2] <= 0xae)))
			return true;
		if (u[0] == 0xe2 && u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9)
			return true;
	}
	return false;
}

/*
 * path, quoted, in *buf, which is freed.  Not quotearg_alloc(), which in some versions
 * loses the last quote of a name: what it does with no buffer at first differs.
 */
static const char *quote(char **buf, const char *path, const struct quoting_options *o)
{
	size_t size = 4 * strlen(path) + 64, n;
	/* In the C locale nothing that is not ASCII can be shown as it is. */
	locale_t before = terminal && has_bidi(path) ? uselocale(plain_locale) : (locale_t)0;

	free(*buf);
	*buf = xmalloc(size);
	while ((n = quotearg_buffer(*buf, size, path, SIZE_MAX, o)) >= size) {
		size = n + 1;
		*buf = xrealloc(*buf, size);
	}
	if (before)
		uselocale(before);
	return *buf;
}

const char *report_quote(int slot, const char *path)
{
	struct words *t = my_words();

	return quote(&t->quoted[slot], path, NULL);
}

const char *report_name(int slot, const char *path, bool colon)
{
	struct words *t = my_words();
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

/* Who else but a person is to know of a message */
struct audience {
	const char *kind;		/* in the log */
	bool silent;			/* not on standard error */
	bool plain;			/* without pcp's name */
};

/* A message, complete: for standard error, and the log. */
static void say(const struct audience *to, const char *message)
{
	report_lock();
	if (!to->silent) {
		fflush(stdout);
		if (report_hide_progress)
			report_hide_progress();
		fprintf(stderr, "%s%s%s\n", to->plain ? "" : program_name, to->plain ? "" : ": ",
			message);
	}
	if (log_file) {
		log_time();
		fprintf(log_file, "%s: %s\n", to->kind, message);
	}
	report_unlock();
}

static char *compose(int err, const char *format, va_list args)
{
	char *text = xvasprintf(format, args);
	char *message = err ? xasprintf("%s: %s", text, strerror(err)) : text;

	if (err)
		free(text);
	return message;
}

/* How JSON has them */
static const char *const ops[] = {
	[OP_RUN] = "run", [OP_PARSE] = "parse", [OP_LOOK] = "stat", [OP_CHECK] = "check",
	[OP_OPEN] = "open", [OP_READ] = "read", [OP_WRITE] = "write", [OP_CLOSE] = "close",
	[OP_COPY] = "copy", [OP_CREATE] = "create", [OP_MKDIR] = "mkdir",
	[OP_LINK] = "link", [OP_REMOVE] = "remove", [OP_BACKUP] = "backup",
	[OP_ATTRIBUTES] = "attributes",
};

/* For readers of JSON */
static void tell_json(const struct report_about *about, bool warning, int err,
		      const char *message)
{
	const struct json_error e = {
		.warning = warning, .op = ops[about->op], .err = err, .message = message,
		.src = about->src, .dst = about->dst, .id = about->id, .partial = about->partial,
	};

	if (options) {
		json_put_error(&e);
		return;
	}
	early = xnrealloc(early, nearly + 1, sizeof *early);
	early[nearly++] = (struct early){
		.op = about->op, .warning = warning, .err = err, .message = xstrdup(message),
	};
}

static void report_error_v(const struct report_about *about, int err, const char *format,
			   va_list args)
{
	char *message = compose(err, format, args);
	/* That there is no space left need not be said of every file. */
	bool known = about->known || (about->op == OP_ATTRIBUTES && about->dst &&
				      full_explains(about->dst, err));

	if (err >= 0 && err < ERRNOS)
		by_errno[err]++;
	say(&(struct audience){ .kind = "error", .silent = known }, message);
	tell_json(about, false, err, message);
	free(message);
	if (++errors == (options ? options->max_errors : 0))
		stop_request(STOP_ERRORS);
}

void report_error(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_error_v(&(struct report_about){ .op = OP_RUN }, err, format, args);
	va_end(args);
}

void report_error_about(const struct report_about *about, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report_error_v(about, err, format, args);
	va_end(args);
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

bool report_wants_failed(void)
{
	return failed_file;
}

bool report_logs(void)
{
	return log_file;
}

void report_outcome(enum outcome outcome, const char *src, const char *dst, uint64_t bytes)
{
	static const char *const words[] = {
		"copied", "cloned", "linked", "created", "merged", "skipped", "failed"
	};
	const char *from = report_quote(0, src), *to = report_quote(1, dst);

	report_lock();
	log_time();
	fprintf(log_file, "%s %s to %s, %ju bytes\n", words[outcome], from, to, (uintmax_t)bytes);
	report_unlock();
}

void report_warning(const struct report_about *about, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *message = compose(0, format, args);
	va_end(args);
	warnings++;
	say(&(struct audience){ .kind = "warning", .silent = options && options->quiet }, message);
	tell_json(about, true, 0, message);
	free(message);
}

void report_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *message = compose(0, format, args);
	va_end(args);
	say(&(struct audience){ .kind = "note" }, message);
	free(message);
}

void report_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *message = compose(0, format, args);
	va_end(args);
	say(&(struct audience){ .kind = "note", .plain = true }, message);
	free(message);
}

static void nothing_to_clear(void)
{
}

static void put_question(const char *question)
{
	report_lock();
	fflush(stdout);
	if (report_hide_progress)
		report_hide_progress();
	fprintf(stderr, "%s: %s", program_name, question);
	fflush(stderr);
	report_unlock();
}

bool report_ask(const char *format, ...)
{
	bool yes, interrupted;
	va_list args;

	va_start(args, format);
	char *question = compose(0, format, args);
	va_end(args);
	do {
		put_question(question);
		errno = 0;
		yes = answer_is_yes();
		/* By a signal: unless that asks for an end, the question stands. */
		interrupted = !yes && ferror(stdin) && errno == EINTR;
		if (interrupted) {
			clearerr(stdin);
			signals_suspend(nothing_to_clear);
		}
	} while (interrupted && stop_asked() != STOP_SIGNAL);
	free(question);
	return yes;
}

/* ----------------------------------------------------- begin and end */

static FILE *open_for(const char *path)
{
	FILE *f = path ? fopen(path, "we") : NULL;

	if (path && !f) {
		report_error(errno, "cannot open %s for writing", report_quote(0, path));
		report_exit();
	}
	return f;
}

/* The stream of JSON opens. */
static void begin_json(const struct options *o)
{
	options = o;
	json_put_start(o);
	for (size_t i = 0; i < nearly; i++) {
		const struct json_error e = {
			.warning = early[i].warning, .op = ops[early[i].op], .err = early[i].err,
			.message = early[i].message,
		};
		json_put_error(&e);
		free(early[i].message);
	}
	free(early);
	nearly = 0;
}

void report_begin(const struct options *o)
{
	begin_json(o);
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

static uint64_t files_copied(void)
{
	struct tally sum;

	tally_sum(&sum);
	return tally_done(&sum, KIND_FILE) + tally_done(&sum, KIND_SYMLINK) +
	       tally_done(&sum, KIND_SPECIAL);
}

/* Why not everything was seen.  A signal needs no words. */
static void tell_stop(void)
{
	enum stop_why why = stop_asked();

	if (!stop_left_out() || why == STOP_SIGNAL)
		return;
	for (const struct full *f = full_first(); f; f = f->next)
		if (f->left_out)
			report_line("%s: stopped: nothing more can be written to the file system of %s",
				    program_name, report_quote(0, f->dir));
	if (why == STOP_ERRORS)
		report_line("%s: stopped: too many errors", program_name);
}

/* At a terminal, and in the log, where one line would be lost among many. */
static void sum_up(void)
{
	uint64_t copied = files_copied();

	tell_stop();
	if (!errors || copied < 2 || options->quiet ||
	    !(isatty(STDERR_FILENO) || log_file))
		return;
	char *list = list_errors();
	report_line("%s: %ju failed%s%s%s; %ju copied", program_name, (uintmax_t)errors,
		    *list ? " (" : "", list, *list ? ")" : "", (uintmax_t)copied);
	free(list);
}

/* Everything that can still fail has ended. */
static void end_json(void)
{
	static const char *const names[] = { "ok", "partial", "failed", "interrupted" };
	uint64_t numbers[ERRNOS];
	struct json_summary s = {
		.errors_by_errno = numbers, .nerrnos = ERRNOS,
		.errors = errors, .warnings = warnings, .exit_code = report_status(),
		.elapsed = clock_seconds(clock_now(CLOCK_MONOTONIC) - started),
	};
	int sig = signals_ender(), status = s.exit_code ? 1 : 0;

	for (int i = 0; i < ERRNOS; i++)
		numbers[i] = by_errno[i];
	tally_sum(&s.tally);
	if (sig) {
		s.exit_code = 128 + sig;
		status = 3;
	} else if (status && (s.exit_code == EXIT_STOPPED || !files_copied())) {
		status = 2;
	}
	s.status = names[status];
	json_put_summary(&s);
}

static void check_json(void)
{
	int err = json_end();

	if (err && err != EPIPE)
		report_error(err, "error writing JSON");
	else if (err)
		report_failed();
}

void report_end(void)
{
	/* Where nobody reads that, SIGPIPE comes while signals are still heard. */
	int err = fflush(stdout) != 0 ? errno : 0;
	signals_close();
	sum_up();
	/* What close_stdout() would find, and say, after the summary */
	if (fflush(stdout) != 0)
		err = errno;
	if (err)
		report_error(err, "write error");
	else if (ferror(stdout))
		report_error(0, "write error");
	clearerr(stdout);
	close_file(&log_file, options->log);
	close_file(&failed_file, options->failed_to);
	end_json();
	check_json();
}

_Noreturn void report_exit(void)
{
	static const struct options none = { .json_fd = -1 };

	signals_close();
	report_failed();
	if (!options)
		begin_json(&none);
	end_json();
	check_json();
	signals_die();
	exit(EXIT_FAILURE);
}

_Noreturn void report_usage_error(void)
{
	fprintf(stderr, "Try '%s --help' for more information.\n", program_name);
	/* getopt(3) and argmatch() print by themselves. */
	if (!errors) {
		errors++;
		tell_json(&(struct report_about){ .op = OP_PARSE }, false, 0,
			  "invalid command line: standard error tells why");
	}
	report_exit();
}

int report_status(void)
{
	if (stop_left_out())
		return EXIT_STOPPED;
	return errors || failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
