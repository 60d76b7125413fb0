/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Design: lines of several threads are kept apart by the lock of the FILE. */
#include <config.h>

#include "report/log.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

#include "report/quote.h"

static FILE *file;			/* NULL: there is no log */

bool log_open(const char *path)
{
	file = fopen(path, "we");
	return file;
}

bool log_close(void)
{
	FILE *closed = file;

	file = NULL;
	return !closed || !(ferror(closed) | fclose(closed));
}

bool log_is_open(void)
{
	return file;
}

static void put_time(void)
{
	char buf[64];
	time_t now = time(NULL);
	struct tm tm;

	strftime(buf, sizeof buf, "%Y-%m-%dT%H:%M:%S%z", localtime_r(&now, &tm));
	fprintf(file, "%s ", buf);
}

void log_message(const char *kind, const char *message)
{
	if (!file)
		return;
	flockfile(file);
	put_time();
	fprintf(file, "%s: %s\n", kind, message);
	funlockfile(file);
}

void log_outcome(enum outcome outcome, const char *src, const char *dst, uint64_t bytes)
{
	static const char *const words[] = {
		[OUTCOME_COPIED] = "copied",
		[OUTCOME_CLONED] = "cloned",
		[OUTCOME_LINKED] = "linked",
		[OUTCOME_CREATED] = "created",
		[OUTCOME_MERGED] = "merged",
		[OUTCOME_SKIPPED] = "skipped",
		[OUTCOME_FAILED] = "failed",
	};
	static_assert(sizeof words / sizeof *words == OUTCOMES, "an outcome has no word");
	const char *from = quote_always(0, src), *to = quote_always(1, dst);

	flockfile(file);
	put_time();
	fprintf(file, "%s %s to %s, %ju bytes\n", words[outcome], from, to, (uintmax_t)bytes);
	funlockfile(file);
}
