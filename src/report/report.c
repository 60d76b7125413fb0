/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a message goes to standard error in the language of people, and in English to the log
 * and into the stream of JSON (message.h).  The function that prints an error also counts it, so
 * that no error can be printed without having its effect on the exit status.  So is a source that
 * has vanished or changed counted where that is said.
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
#include "report/message.h"
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

/* m is all that is said, the words for err included. */
static void tell_error(const struct report_about *about, int err, const struct message *m)
{
	if (!about->known)
		print(m->shown);
	log_it(about, "error", m->plain);
	tell_json(about, false, err, m->plain);
	errorkinds_add(about->op, false, err, m->plain);
	count_source(about);
	status_add_error(err);
}

/* As tell_error(), for a warning */
static void tell_warning(const struct report_about *about, const struct message *m)
{
	status_add_warning();
	if (!quiet && !about->known)
		print(m->shown);
	log_it(about, "warning", m->plain);
	tell_json(about, true, 0, m->plain);
	errorkinds_add(about->op, true, 0, m->plain);
	count_source(about);
}

void report_error_message(const struct report_about *about, int err, const struct message *m)
{
	struct message whole = message_with_error(m, err);

	tell_error(about, err, &whole);
	message_free(&whole);
}

void report_warning_message(const struct report_about *about, int err, const struct message *m)
{
	struct message whole = message_with_error(m, err);

	tell_warning(about, &whole);
	message_free(&whole);
}

void report_note_message(const struct message *m)
{
	print(m->shown);
	log_message("note", m->plain);
}

void report_line_message(const struct message *m)
{
	console_print("%s\n", m->shown);
	log_message("note", m->plain);
}

/* ---------------------------------------------------- messages by their format */

static void error_va(const struct report_about *about, int err,
		     const struct message_format *format, va_list args)
{
	struct message m = message_va(err, format, args);

	tell_error(about, err, &m);
	message_free(&m);
}

static void warning_va(const struct report_about *about, int err,
		       const struct message_format *format, va_list args)
{
	struct message m = message_va(err, format, args);

	tell_warning(about, &m);
	message_free(&m);
}

/* tell is one of the two functions for a message without consequence. */
static void note_va(void (*tell)(const struct message *m), const struct message_format *format,
		    va_list args)
{
	struct message m = message_va(0, format, args);

	tell(&m);
	message_free(&m);
}

void report_error(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_va(&(struct report_about){ .op = OP_RUN }, err,
		 &(struct message_format){ .one = format }, args);
	va_end(args);
}

void report_error_about(const struct report_about *about, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_va(about, err, &(struct message_format){ .one = format }, args);
	va_end(args);
}

void report_error_n(const struct report_about *about, const char *one, const char *many,
		    uintmax_t n, ...)
{
	va_list args;

	va_start(args, n);
	error_va(about, 0, &(struct message_format){ one, many, n }, args);
	va_end(args);
}

void report_warning(const struct report_about *about, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	warning_va(about, err, &(struct message_format){ .one = format }, args);
	va_end(args);
}

void report_warning_n(const struct report_about *about, const char *one, const char *many,
		      uintmax_t n, ...)
{
	va_list args;

	va_start(args, n);
	warning_va(about, 0, &(struct message_format){ one, many, n }, args);
	va_end(args);
}

void report_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note_va(report_note_message, &(struct message_format){ .one = format }, args);
	va_end(args);
}

void report_note_n(const char *one, const char *many, uintmax_t n, ...)
{
	va_list args;

	va_start(args, n);
	note_va(report_note_message, &(struct message_format){ one, many, n }, args);
	va_end(args);
}

void report_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	note_va(report_line_message, &(struct message_format){ .one = format }, args);
	va_end(args);
}
