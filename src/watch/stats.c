/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: copyfile_stats() has what the library decided, and when.  This module puts it into
 * words.
 */
#include <config.h>

#include "watch/stats.h"

#include <stdint.h>

#include <libcopyfile.h>

#include "base/language.h"
#include "base/size.h"
#include "base/tally.h"
#include "copy/context.h"
#include "mbswidth.h"
#include "report/message.h"
#include "report/report.h"
#include "xvasprintf.h"

/* The reasons for a number of threads; a later library may have more of them. */
static const char *const why[] = {
	[COPYFILE_CPU_BOUND] = N_("copies burn the processor"),
	[COPYFILE_LATENCY_BOUND] = N_("copies wait"),
	[COPYFILE_TRY_MORE] = N_("trying more"),
	[COPYFILE_TRY_FEWER] = N_("trying fewer"),
	[COPYFILE_NO_GAIN] = N_("more gained nothing"),
	[COPYFILE_SLOWER] = N_("fewer were slower"),
};

/* Print what compose() returns for arg. */
static void print(char *(*compose)(const void *arg), const void *arg)
{
	struct message m = message_twice(compose, arg);

	report_line_message(&m);
	message_free(&m);
}

static char *compose_decision(const void *arg)
{
	const struct copyfile_decision *d = arg;
	const char *reason = d->why < sizeof why / sizeof *why ? why[d->why] : N_("unknown");
	double seconds = d->ms / 1000.0;

	if (d->rate)
		return xasprintf(translate("  %10.3f s  %3u threads: %s (%u a second before)"),
				 seconds, d->threads, translate(reason), d->rate);
	return xasprintf(translate("  %10.3f s  %3u threads: %s"), seconds, d->threads,
			 translate(reason));
}

/* Bytes that were copied in the same way */
struct bytes {
	const char *how;
	uint64_t n;
};

/* So many columns has the first word of a line about bytes. */
#define HOW_WIDTH 12

static char *compose_bytes(const void *arg)
{
	const struct bytes *b = arg;
	const char *how = translate(b->how);
	int pad = HOW_WIDTH - mbswidth(how, 0);
	char buf[SIZE_BUF];

	return xasprintf("  %s%*s%s (%ju)", how, pad > 0 ? pad : 0, "", size_text(buf, b->n),
			 (uintmax_t)b->n);
}

void stats_print(struct context *c)
{
	struct copyfile_stats s;
	struct tally sum;

	if (copyfile_stats(&s, sizeof s) < 0)
		return;
	report_line("threads, and the engine's decisions:");
	report_line("copies: %ju, %ju of them as cookies; %ju system calls, %.1f a copy",
		    (uintmax_t)s.copies, (uintmax_t)s.cookies, (uintmax_t)s.calls,
		    s.copies ? (double)s.calls / s.copies : 0.0);
	report_line("threads: %u walkers; %u copying, %u at most; %u processors; %u%% waited",
		    workers_count(&c->workers), s.threads, s.threads_peak, s.cores, s.waiting);
	for (uint32_t i = 0; i < s.ndecisions; i++)
		print(compose_decision, &s.decisions[i]);
	tally_sum(&sum);
	report_line("sources: %ju vanished, %ju changed", (uintmax_t)sum.vanished,
		    (uintmax_t)sum.changed);
	report_line("bytes:");
	print(compose_bytes, &(struct bytes){ N_("cloned"), s.bytes_cloned });
	print(compose_bytes, &(struct bytes){ N_("offloaded"), s.bytes_offloaded });
	print(compose_bytes, &(struct bytes){ N_("buffered"), s.bytes_buffered });
}
