/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: copyfile_stats() has what the library decided, and when.  This module puts it into
 * words.
 */
#include <config.h>

#include "watch/stats.h"

#include <stdint.h>

#include <libcopyfile.h>

#include "base/size.h"
#include "base/tally.h"
#include "copy/context.h"
#include "report/report.h"

/* The reasons for a number of threads; a later library may have more of them. */
static const char *const why[] = {
	[COPYFILE_CPU_BOUND] = "copies burn the processor",
	[COPYFILE_LATENCY_BOUND] = "copies wait",
	[COPYFILE_TRY_MORE] = "trying more",
	[COPYFILE_TRY_FEWER] = "trying fewer",
	[COPYFILE_NO_GAIN] = "more gained nothing",
	[COPYFILE_SLOWER] = "fewer were slower",
};

static void print_decision(const struct copyfile_decision *d)
{
	const char *reason = d->why < sizeof why / sizeof *why ? why[d->why] : "unknown";

	if (d->rate)
		report_line("  %6u.%03u s  %3u threads: %s (%u a second before)", d->ms / 1000,
			    d->ms % 1000, d->threads, reason, d->rate);
	else
		report_line("  %6u.%03u s  %3u threads: %s", d->ms / 1000, d->ms % 1000, d->threads,
			    reason);
}

static void print_bytes(const char *what, uint64_t bytes)
{
	char buf[SIZE_BUF];

	report_line("  %-12s%s (%ju)", what, size_text(buf, bytes), (uintmax_t)bytes);
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
		print_decision(&s.decisions[i]);
	tally_sum(&sum);
	report_line("sources: %ju vanished, %ju changed", (uintmax_t)sum.vanished,
		    (uintmax_t)sum.changed);
	report_line("bytes:");
	print_bytes("cloned", s.bytes_cloned);
	print_bytes("offloaded", s.bytes_offloaded);
	print_bytes("buffered", s.bytes_buffered);
}
