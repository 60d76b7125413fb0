/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: standard output is written as cp does it; stdio keeps the lines of several threads
 * apart.  Where standard output is the stream of JSON nothing else may go there, and lines go
 * to standard error.  With --fsync all lines wait, in their order, so that none comes before
 * what it says is durable (deferred.c).
 */
#include <config.h>

#include "report/verbose.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/language.h"
#include "report/console.h"
#include "report/deferred.h"
#include "report/json.h"
#include "report/quote.h"
#include "xalloc.h"
#include "xvasprintf.h"

static void print_line(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

static void print(const char *line)
{
	bool json = json_fd() == STDOUT_FILENO, apart = json || console_has_progress();

	if (apart) {
		/* Standard error is written to, or progress is taken off the same screen. */
		console_lock();
		console_hide_progress_locked();
	}
	fputs(line, json ? stderr : stdout);
	if (apart) {
		fflush(stdout);
		console_unlock();
	}
}

/* A line that waits until what it is about is on stable storage */
struct deferred_line {
	struct deferred deferred;
	char text[];
};

static void print_deferred(struct deferred *d, bool synced)
{
	struct deferred_line *l = container_of(d, struct deferred_line, deferred);

	if (synced)
		print(l->text);
	free(l);
}

static void defer(const char *line)
{
	size_t size = strlen(line) + 1;
	struct deferred_line *l = xmalloc(sizeof *l + size);

	l->deferred.say = print_deferred;
	memcpy(l->text, line, size);
	deferred_add(&l->deferred);
}

static void print_line(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *line = xvasprintf(format, args);
	va_end(args);
	if (deferred_is_on())
		defer(line);
	else
		print(line);
	free(line);
}

void verbose_copied(const char *src, const char *dst, const char *backup)
{
	const char *from = quote_always(0, src), *to = quote_always(1, dst);

	if (!backup) {
		print_line("%s -> %s\n", from, to);
		return;
	}
	/* In cp's catalogue it stands alone. */
	char *end = xasprintf(translate(" (backup: %s)"), quote_always(2, backup));
	print_line("%s -> %s%s\n", from, to, end);
	free(end);
}

void verbose_restored(const char *backup, const char *dst)
{
	print_line(translate("%s -> %s (unbackup)\n"), quote_always(0, backup),
		   quote_always(1, dst));
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

void verbose_explained(const char *format, const char *name, const char *reason)
{
	print_line(translate(format), quote_always(0, name), translate(reason));
}

void verbose_skipped(const char *dst)
{
	print_line(translate("skipped %s\n"), quote_always(0, dst));
}

void verbose_removed(const char *dst)
{
	print_line(translate("removed %s\n"), quote_always(0, dst));
}

void verbose_method(const char *offload, const char *reflink, const char *sparse)
{
	/* cp translates none of it. */
	print_line("copy offload: %s, reflink: %s, sparse detection: %s\n", offload, reflink,
		   sparse);
}
