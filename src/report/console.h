/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * console - standard error, which messages, questions and progress share.  Thread-safe.
 */
#ifndef PCP_CONSOLE_H
#define PCP_CONSOLE_H

#include <stdbool.h>

/* Hold this lock around whatever is written to standard error, so that it does not mix. */
void console_lock(void);
void console_unlock(void);

/*
 * Progress is shown on standard error from now on; hide() takes it off the screen.  It is
 * called with the lock held, before anything else is written.  NULL: progress is no longer
 * shown.  Main thread only.
 */
void console_set_progress(void (*hide)(void));

/* Returns true if progress is shown on standard error. */
bool console_has_progress(void);

/* Take progress off the screen, if it is shown.  The caller holds the lock. */
void console_hide_progress_locked(void);

/* Write to standard error, after all that was written to standard output before. */
void console_print(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

#endif
