/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report - messages: on standard error, in the log, and in the stream of JSON.  Errors and
 * warnings are counted.  Thread-safe.
 */
#ifndef PCP_REPORT_H
#define PCP_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct message;

/* What was attempted, for programs that read about a failure */
enum report_op {
	OP_RUN,			/* something that concerns no file */
	OP_PARSE,		/* the command line, which getopt(3) has complained about */
	OP_LOOK,		/* to find out what is there: stat(2) */
	OP_CHECK,		/* to see whether the copy makes sense */
	OP_OPEN, OP_READ, OP_WRITE, OP_CLOSE,
	OP_COPY,		/* where reading cannot be told from writing */
	OP_CREATE, OP_MKDIR, OP_LINK,
	OP_REMOVE, OP_BACKUP,
	OP_ATTRIBUTES,
	OP_VERIFY,		/* to read the copy back, and compare it */
	OP_SYNC,		/* to have it on stable storage */
	OPS
};

/* What the source has done meanwhile, if that is what a message is about */
enum report_source {
	SOURCE_STAYED,
	SOURCE_VANISHED,	/* it is gone, or something else is in its place */
	SOURCE_CHANGED,		/* its contents or its times are other ones */
	SOURCES
};

/* What a message is about, for programs as well */
struct report_about {
	enum report_op op;
	enum report_source source;	/* it is counted in the tally */
	const char *src, *dst;	/* full names; NULL: not about one */
	uint64_t id;		/* as that of struct entry */
	unsigned int partial;	/* enum copyfile_partial */
	bool known;		/* its reason was reported before: nothing on standard error */
};

/* Returns the name of op in JSON. */
const char *report_op_name(enum report_op op);

/*
 * The stream of JSON is open: write the messages that were kept for it, and all from now on.
 * With quiet, warnings do not go to standard error.  Main thread only.
 */
void report_begin(bool quiet);

/*
 * Say "pcp: MESSAGE[: STRERROR]", where err is an errno value, or 0: then there is no STRERROR.
 * The exit status will be 1.  Formats are translated; message.h tells which arguments they may
 * have.  Each function for them makes a struct message, which those below take.
 */
void report_error(int err, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));
void report_error_about(const struct report_about *about, int err, const char *format, ...)
	__attribute__((__format__(__printf__, 3, 4)));
void report_error_message(const struct report_about *about, int err, const struct message *m);

/* In the form that is right for the number n, which is no argument of the format by itself */
void report_error_n(const struct report_about *about, const char *one, const char *many,
		    uintmax_t n, ...)
	__attribute__((__format__(__printf__, 2, 5), __format__(__printf__, 3, 5)));

/* Say "pcp: MESSAGE[: STRERROR]".  The exit status does not follow from it. */
void report_warning(const struct report_about *about, int err, const char *format, ...)
	__attribute__((__format__(__printf__, 3, 4)));
void report_warning_n(const struct report_about *about, const char *one, const char *many,
		      uintmax_t n, ...)
	__attribute__((__format__(__printf__, 2, 5), __format__(__printf__, 3, 5)));
void report_warning_message(const struct report_about *about, int err, const struct message *m);

/* Say "pcp: MESSAGE", about the run itself: also with -q, but not to readers of JSON. */
void report_note(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));
void report_note_n(const char *one, const char *many, uintmax_t n, ...)
	__attribute__((__format__(__printf__, 1, 4), __format__(__printf__, 2, 4)));
void report_note_message(const struct message *m);

/* As report_note(), without the "pcp: ". */
void report_line(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));
void report_line_message(const struct message *m);

#endif
