/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a message is put together once; then it goes to standard error, to the log and
 * into the stream of JSON.  The function that prints an error also counts it, so that no
 * error can be printed without having its effect on the exit status.  So is a source that has
 * vanished or changed counted where that is said.
 */
#include <config.h>

#include "report/report.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/tally.h"
#include "progname.h"
#include "report/console.h"
#include "report/errorkinds.h"
#include "report/json.h"
#include "report/log.h"
#include "report/status.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* The names of operations in JSON */
static const char *const ops[] = {
	[OP_RUN] = "run", [OP_PARSE] = "parse", [OP_LOOK] = "stat", [OP_CHECK] = "check",
	[OP_OPEN] = "open", [OP_READ] = "read", [OP_WRITE] = "write", [OP_CLOSE] = "close",
	[OP_COPY] = "copy", [OP_CREATE] = "create", [OP_MKDIR] = "mkdir",
	[OP_LINK] = "link", [OP_REMOVE] = "remove", [OP_BACKUP] = "backup",
	[OP_ATTRIBUTES] = "attributes", [OP_VERIFY] = "verify", [OP_SYNC] = "sync",
};
static_assert(sizeof ops / sizeof *ops == OPS, "an operation has no name");

/* The names, in JSON and in the log, of what the source has done; NULL: nothing */
static const char *const sources[] = {
	[SOURCE_VANISHED] = "vanished", [SOURCE_CHANGED] = "changed",
};
static_assert(sizeof sources / sizeof *sources == SOURCES, "what a source does has no name");

static bool begun, quiet;		/* see report_begin() */

/* Messages from before report_begin(), none of which is about a source */
static struct early {
	enum report_op op;
	bool warning;
	int err;
	char *message;
} *early;
static size_t nearly;

const char *report_op_name(enum report_op op)
{
	return ops[op];
}

static char *compose(int err, const char *format, va_list args)
{
	char *text = xvasprintf(format, args);
	char *message = err ? xasprintf("%s: %s", text, strerror(err)) : text;

	if (err)
		free(text);
	return message;
}

/* For people: on standard error, after the name of the program */
static void print(const char *message)
{
	console_print("%s: %s\n", program_name, message);
}

/* For readers of JSON */
static void tell_json(const struct report_about *about, bool warning, int err,
		      const char *message)
{
	const struct json_error e = {
		.warning = warning, .op = ops[about->op], .err = err, .message = message,
		.src = about->src, .dst = about->dst, .id = about->id,
		.partial = about->partial, .source = sources[about->source],
	};

	if (begun) {
		json_put_error(&e);
		return;
	}
	early = xnrealloc(early, nearly + 1, sizeof *early);
	early[nearly++] = (struct early){
		.op = about->op, .warning = warning, .err = err, .message = xstrdup(message),
	};
}

void report_begin(bool is_quiet)
{
	begun = true;
	quiet = is_quiet;
	for (size_t i = 0; i < nearly; i++) {
		tell_json(&(struct report_about){ .op = early[i].op }, early[i].warning,
			  early[i].err, early[i].message);
		free(early[i].message);
	}
	free(early);
	early = NULL;
	nearly = 0;
}

/* For the log; kind is what kind of message it is. */
static void log_it(const struct report_about *about, const char *kind, const char *message)
{
	const char *source = sources[about->source];

	if (!log_is_open())
		return;
	char *text = source ? xasprintf("%s: %s", source, message) : NULL;
	log_message(kind, text ? text : message);
	free(text);
}

static void count_source(const struct report_about *about)
{
	tally_add(&(struct tally){
		.vanished = about->source == SOURCE_VANISHED,
		.changed = about->source == SOURCE_CHANGED,
	});
}

static void report_error_v(const struct report_about *about, int err, const char *format,
			   va_list args)
{
	char *message = compose(err, format, args);

	if (!about->known)
		print(message);
	log_it(about, "error", message);
	tell_json(about, false, err, message);
	errorkinds_add(about->op, false, err, message);
	count_source(about);
	status_add_error(err);
	free(message);
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

void report_warning(const struct report_about *about, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *message = compose(0, format, args);
	va_end(args);
	status_add_warning();
	if (!quiet && !about->known)
		print(message);
	log_it(about, "warning", message);
	tell_json(about, true, 0, message);
	errorkinds_add(about->op, true, 0, message);
	count_source(about);
	free(message);
}

/* A message without consequence, which is always shown; named: after the program's name */
static void note(bool named, const char *format, va_list args)
{
	char *message = compose(0, format, args);

	if (named)
		print(message);
	else
		console_print("%s\n", message);
	log_message("note", message);
	free(message);
}

void report_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(true, format, args);
	va_end(args);
}

void report_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note(false, format, args);
	va_end(args);
}
