/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: lines of several threads are kept apart by the lock of the FILE.  With --fsync the line
 * of a file that was copied waits (deferred.c); it has the time when it is written.
 */
#include <config.h>

#include "report/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/container.h"
#include "close-stream.h"
#include "report/deferred.h"
#include "report/outfile.h"
#include "report/quote.h"
#include "xalloc.h"

static FILE *file;			/* NULL: there is no log */

bool log_open(const char *path)
{
	file = outfile_open(path, OUTFILE_APPEND);
	return file;
}

bool log_close(void)
{
	FILE *closed = file;

	file = NULL;
	return !closed || close_stream(closed) == 0;
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

static void put_outcome(enum outcome outcome, const char *src, const char *dst, uint64_t bytes)
{
	static const char *const words[] = {
		[OUTCOME_COPIED] = "copied",
		[OUTCOME_CLONED] = "cloned",
		[OUTCOME_LINKED] = "linked",
		[OUTCOME_CREATED] = "created",
		[OUTCOME_MERGED] = "merged",
		[OUTCOME_SKIPPED] = "skipped",
		[OUTCOME_ATTRIBUTES] = "attributes of",
		[OUTCOME_FAILED] = "failed",
	};
	static_assert(sizeof words / sizeof *words == OUTCOMES, "an outcome has no word");
	const char *from = quote_always(0, src), *to = quote_always(1, dst);

	flockfile(file);
	put_time();
	fprintf(file, "%s %s to %s, %ju bytes\n", words[outcome], from, to, (uintmax_t)bytes);
	funlockfile(file);
}

void log_removed(const char *dst, bool replaced)
{
	if (!file)
		return;
	flockfile(file);
	put_time();
	fprintf(file, "%s %s\n", replaced ? "replaced" : "deleted", quote_always(0, dst));
	funlockfile(file);
}

/* A line that waits until the file is on stable storage */
struct deferred_outcome {
	struct deferred deferred;
	enum outcome outcome;
	char *src, *dst;
	uint64_t bytes;
};

static void put_deferred(struct deferred *d, bool synced)
{
	struct deferred_outcome *o = container_of(d, struct deferred_outcome, deferred);

	if (synced)
		put_outcome(o->outcome, o->src, o->dst, o->bytes);
	free(o->src);
	free(o->dst);
	free(o);
}

void log_outcome(enum outcome outcome, const char *src, const char *dst, uint64_t bytes)
{
	if (!deferred_is_on() || outcome == OUTCOME_SKIPPED) {
		put_outcome(outcome, src, dst, bytes);
		return;
	}
	struct deferred_outcome *o = xmalloc(sizeof *o);
	*o = (struct deferred_outcome){
		.deferred.say = put_deferred, .outcome = outcome, .src = xstrdup(src),
		.dst = xstrdup(dst), .bytes = bytes,
	};
	deferred_add(&o->deferred);
}
