/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report - everything that pcp says, what it counts, and the exit status that
 * follows from it.  Thread-safe.
 */
#ifndef PCP_REPORT_H
#define PCP_REPORT_H

#include <stdbool.h>
#include <stdint.h>

/* Before anything else here */
void report_init(void);

/* What has been done so far, by all threads */
struct report_counts {
	uint64_t files;		/* regular files and symlinks copied */
	uint64_t bytes;		/* of those */
	uint64_t errors;
};

struct report_counts report_counts(void);

/* Count what this thread has copied. */
void report_done(uint64_t files, uint64_t bytes);

/*
 * path as it can be shown: quoted like for a shell, nothing that controls a
 * terminal.  The thread's own storage, one for each slot (0, 1).
 */
const char *report_quote(int slot, const char *path);

/*
 * Say "pcp: MESSAGE[: STRERROR]" on standard error.  err is an errno value or
 * 0.  The exit status will be 1.
 */
void report_error(int err, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));

/* The same, without consequence for the exit status. */
void report_warning(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

/* The same, but a plain line, with no name before it. */
void report_line(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

/* A line of -v on standard output: 'src' -> 'dst'. */
void report_copied(const char *src, const char *dst);

/* A line of -v: removed 'dst'. */
void report_removed(const char *dst);

/* EXIT_SUCCESS, unless an error was reported. */
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
