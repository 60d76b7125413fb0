/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: standard output is written as cp does it; stdio keeps the lines of several threads
 * apart.  Where standard output is the stream of JSON nothing else may go there, and lines go
 * to standard error.
 */
#include <config.h>

#include "report/verbose.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "report/console.h"
#include "report/json.h"
#include "report/quote.h"

static void print_line(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

static void print_line(const char *format, ...)
{
	bool json = json_fd() == STDOUT_FILENO, apart = json || console_has_progress();
	va_list args;

	va_start(args, format);
	if (apart) {
		/* Standard error is written to, or progress is taken off the same screen. */
		console_lock();
		console_hide_progress_locked();
	}
	vfprintf(json ? stderr : stdout, format, args);
	if (apart) {
		fflush(stdout);
		console_unlock();
	}
	va_end(args);
}

void verbose_copied(const char *src, const char *dst, const char *backup)
{
	const char *from = quote_always(0, src), *to = quote_always(1, dst);

	if (!backup) {
		print_line("%s -> %s\n", from, to);
		return;
	}
	print_line("%s -> %s (backup: %s)\n", from, to, quote_always(2, backup));
}

void verbose_restored(const char *backup, const char *dst)
{
	print_line("%s -> %s (unbackup)\n", quote_always(0, backup), quote_always(1, dst));
}

void verbose_parent(const char *src, const char *dst)
{
	/* cp prints it as it is, which is not for every terminal. */
	if (isatty(STDOUT_FILENO))
		print_line("%s -> %s\n", quote_if_needed(0, src, false),
			   quote_if_needed(1, dst, false));
	else
		print_line("%s -> %s\n", src, dst);
}

void verbose_skipped(const char *dst)
{
	print_line("skipped %s\n", quote_always(0, dst));
}

void verbose_removed(const char *dst)
{
	print_line("removed %s\n", quote_always(0, dst));
}

void verbose_method(const char *offload, const char *reflink, const char *sparse)
{
	print_line("copy offload: %s, reflink: %s, sparse detection: %s\n", offload, reflink,
		   sparse);
}
