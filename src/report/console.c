/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: everything that pcp writes goes one of these ways, each under one lock, which is
 * held for one line or one frame:
 *
 *	report (messages), ask ----+
 *	bar (progress) ------------+--> console lock --> standard error
 *	verbose, where progress ---+
 *	is shown, or JSON goes to
 *	standard output
 *
 *	verbose, else ----------------> stdio's lock --> standard output
 *	report, outcome --> log ------> stdio's lock --> the file of --log
 *	outcome --> failed -----------> stdio's lock --> the file of --failed-to
 *	report, outcome,
 *	progress --> json ------------> json's lock ---> the descriptor of --json
 *
 * No two of these locks are held at the same time, except that standard output and standard
 * error are flushed and written under the console's.  exhausted.c takes none of them.
 */
#include <config.h>

#include "report/console.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/locked.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void (*_Atomic hide_progress)(void);

void console_lock(void)
{
	pthread_mutex_lock(&lock);
}

void console_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

void console_set_progress(void (*hide)(void))
{
	hide_progress = hide;
}

bool console_has_progress(void)
{
	return hide_progress;
}

void console_hide_progress_locked(void)
{
	void (*hide)(void) = hide_progress;

	assert_locked(&lock);
	if (hide)
		hide();
}

void console_print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	console_lock();
	fflush(stdout);
	console_hide_progress_locked();
	vfprintf(stderr, format, args);
	fflush(stderr);
	console_unlock();
	va_end(args);
}
