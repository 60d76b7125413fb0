/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report - everything that pcp says, what it counts, and the exit status that
 * follows from it.  Thread-safe.
 */
#ifndef PCP_REPORT_H
#define PCP_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tally.h"

struct options;

/* Before anything else here; and what the options want besides.  Exits if they can't be had. */
void report_init(void);
void report_begin(const struct options *o);

/* When all is done: the last words about failures, and the files are closed. */
void report_end(void);

/* The run ends before it has begun, after an error that has been reported: exit. */
_Noreturn void report_exit(void);

/* What has been said so far, by all threads */
struct report_counts {
	uint64_t errors, warnings;
};

struct report_counts report_counts(void);

/* What was attempted, for programs that read of a failure */
enum report_op {
	OP_RUN,			/* what has to do with no file */
	OP_PARSE,		/* the command line, which has been complained about already */
	OP_LOOK,		/* to find out what is there: stat(2) */
	OP_CHECK,		/* to see whether the copy makes sense */
	OP_OPEN, OP_READ, OP_WRITE, OP_CLOSE,
	OP_COPY,		/* where reading cannot be told from writing */
	OP_CREATE, OP_MKDIR, OP_LINK,
	OP_REMOVE, OP_BACKUP,
	OP_ATTRIBUTES
};

/* What a message is about, for the same */
struct report_about {
	enum report_op op;
	const char *src, *dst;	/* full names; NULL: not about one */
	uint64_t id;		/* as that of struct entry */
	unsigned int partial;	/* enum copyfile_partial */
	bool known;		/* that has been said of others: not on standard error again */
};

#define REPORT_SLOTS 3

/*
 * path as it can be shown: quoted like for a shell, nothing that controls a
 * terminal.  The thread's own storage, one for each slot (less than REPORT_SLOTS).
 */
const char *report_quote(int slot, const char *path);

/*
 * Say "pcp: MESSAGE[: STRERROR]" on standard error.  err is an errno value or
 * 0.  The exit status will be 1.
 */
void report_error(int err, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));
void report_error_about(const struct report_about *about, int err, const char *format, ...)
	__attribute__((__format__(__printf__, 3, 4)));

/*
 * The command line is wrong, which has been said, maybe by getopt(3) to people alone: say
 * where to find help, and exit.
 */
_Noreturn void report_usage_error(void);

/* src, a file or directory of the source, was not copied: for --failed-to. */
void report_failed_source(const char *src);

/* Does anybody read that? */
bool report_wants_failed(void);

/* What became of src, with so many bytes: for --log. */
void report_outcome(enum outcome outcome, const char *src, const char *dst, uint64_t bytes);

/* Does anybody read that? */
bool report_logs(void);

/* Nothing to say, but the exit status will be 1. */
void report_failed(void);

/* As report_error(), but a warning, without consequence for the exit status. */
void report_warning(const struct report_about *about, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));

/* The same, but of the run itself, and no warning: -q does not hide it. */
void report_note(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

/* The same, but a plain line, with no name before it. */
void report_line(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

/* The same, but as it is unless it must be quoted; must it, for a colon, which follows? */
const char *report_name(int slot, const char *path, bool colon);

/*
 * Ask "pcp: QUESTION" on standard error; the answer is a line of standard input, and
 * true if that is a yes.  Main thread only.
 */
bool report_ask(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

/* EXIT_SUCCESS, unless an error was reported; 3 if for a stop something was left out. */
int report_status(void);

/*
 * Called before a line goes to standard error, to take a progress line off the
 * screen.  NULL: nothing to do.
 */
extern void (*report_hide_progress)(void);

/* Around what else is written to standard error, so that it does not mix. */
void report_lock(void);
void report_unlock(void);

#endif
