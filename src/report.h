/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report - everything that pcp says, what it counts, and the exit status that
 * follows from it.  Thread-safe.
 */
#ifndef PCP_REPORT_H
#define PCP_REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct copyfile_info;
struct options;

/* Before anything else here; and what the options want besides.  Exits if they can't be had. */
void report_init(void);
void report_begin(const struct options *o);

/* When all is done: the last words about failures, and the files are closed. */
void report_end(void);

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

/* src, a file or directory of the source, was not copied: for --failed-to. */
void report_failed_source(const char *src);

/*
 * A failure by err may mean that nothing more can be written: then the run is to end,
 * unless it goes by the name of cp.
 */
void report_if_full(int err);

/* A copy has been made, of so many bytes: for --log. */
void report_logged(const char *src, const char *dst, uint64_t bytes);

/* Does anybody read that? */
bool report_logs(void);

/* Nothing to say, but the exit status will be 1. */
void report_failed(void);

/* The same, without consequence for the exit status. */
void report_warning(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

/* The same, but a plain line, with no name before it. */
void report_line(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

/* The same, but as it is unless it must be quoted; must it, for a colon, which follows? */
const char *report_name(int slot, const char *path, bool colon);

/* A line of -v on standard output: 'src' -> 'dst' (backup: 'backup', unless NULL). */
void report_copied(const char *src, const char *dst, const char *backup);

/* The same for a directory that --parents makes, which cp does not quote: src -> dst */
void report_parent(const char *src, const char *dst);

/* A line of -v: removed 'dst'. */
void report_removed(const char *dst);

/* And: 'backup' -> 'dst' (unbackup) */
void report_restored(const char *backup, const char *dst);

/* Lines of --debug: skipped 'dst'; and how the copy was made that info is about. */
void report_skipped(const char *dst);
void report_method(const struct copyfile_info *info, bool no_reflink, bool look_for_zeros);

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
