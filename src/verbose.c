/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: standard output is written as cp does it.  But where that is the stream of
 * JSON, nothing else may go there.
 */
#include <config.h>

#include "verbose.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "json.h"
#include "report.h"

/* A line on standard output, which keeps those of several threads apart by itself */
static void tell(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

static void tell(const char *format, ...)
{
	bool json = json_fd() == STDOUT_FILENO, apart = json || report_hide_progress;
	va_list args;

	va_start(args, format);
	if (apart) {
		/* Where progress is shown, too, or instead of standard output */
		report_lock();
		if (report_hide_progress)
			report_hide_progress();
	}
	vfprintf(json ? stderr : stdout, format, args);
	if (apart) {
		fflush(stdout);
		report_unlock();
	}
	va_end(args);
}

void verbose_copied(const char *src, const char *dst, const char *backup)
{
	const char *from = report_quote(0, src), *to = report_quote(1, dst);

	if (!backup) {
		tell("%s -> %s\n", from, to);
		return;
	}
	tell("%s -> %s (backup: %s)\n", from, to, report_quote(2, backup));
}

void verbose_restored(const char *backup, const char *dst)
{
	tell("%s -> %s (unbackup)\n", report_quote(0, backup), report_quote(1, dst));
}

void verbose_parent(const char *src, const char *dst)
{
	/* cp prints it as it is, which is not for every terminal. */
	if (isatty(STDOUT_FILENO))
		tell("%s -> %s\n", report_name(0, src, false), report_name(1, dst, false));
	else
		tell("%s -> %s\n", src, dst);
}

void verbose_skipped(const char *dst)
{
	tell("skipped %s\n", report_quote(0, dst));
}

void verbose_method(const struct copyfile_info *info, bool no_reflink, bool look_for_zeros)
{
	const char *offload = "no", *reflink = no_reflink ? "no" : "unsupported";
	const char *sparse = look_for_zeros ? "zeros" : "no";

	switch (info->method) {
	case COPYFILE_BY_REFLINK:
		offload = sparse = "unknown";
		reflink = "yes";
		break;
	case COPYFILE_BY_KERNEL:
		offload = "yes";
		break;
	case COPYFILE_BY_NONE:
		offload = "unknown";
		break;
	}
	/* Holes that were left out */
	if (info->method != COPYFILE_BY_REFLINK && info->bytes_moved < info->bytes_done)
		sparse = look_for_zeros ? "SEEK_HOLE + zeros" : "SEEK_HOLE";
	tell("copy offload: %s, reflink: %s, sparse detection: %s\n", offload, reflink, sparse);
}

void verbose_removed(const char *dst)
{
	tell("removed %s\n", report_quote(0, dst));
}
