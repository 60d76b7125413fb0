/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: one place writes to standard error, so that lines never mix with the
 * progress line, and so that no failure can be printed without being counted.
 */
#include <config.h>

#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "progname.h"
#include "quotearg.h"

struct report_counts report_counts;
void (*report_hide_progress)(void);

const char *report_quote(int slot, const char *path)
{
	return quotearg_n_style(slot, shell_escape_always_quoting_style, path);
}

static void say(int err, const char *format, va_list args)
{
	fflush(stdout);
	if (report_hide_progress)
		report_hide_progress();
	fprintf(stderr, "%s: ", program_name);
	vfprintf(stderr, format, args);
	if (err)
		fprintf(stderr, ": %s", strerror(err));
	putc('\n', stderr);
}

void report_error(int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(err, format, args);
	va_end(args);
	report_counts.errors++;
}

void report_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(0, format, args);
	va_end(args);
}

void report_copied(const char *src, const char *dst)
{
	printf("%s -> %s\n", report_quote(0, src), report_quote(1, dst));
}

void report_removed(const char *dst)
{
	printf("removed %s\n", report_quote(0, dst));
}

int report_status(void)
{
	return report_counts.errors ? EXIT_FAILURE : EXIT_SUCCESS;
}
