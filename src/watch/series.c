/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: samples begin a tenth of a second apart.  When all are used each two of them are
 * merged, which halves their number, and the next ones are twice as long.  So a run of any length
 * has between half of SERIES_MOST and SERIES_MOST of them.  Sums merge exactly, and so do the
 * counts of times, of which a quantile can be told at any time.
 */
#include <config.h>

#include "watch/series.h"

#include <assert.h>
#include <stdbool.h>

#include "base/clock.h"

#define FIRST_STEP (CLOCK_SECOND / 10)

void series_init(struct series *s)
{
	*s = (struct series){ .step = FIRST_STEP };
}

int64_t series_next(const struct series *s)
{
	return s->last.at + s->step;
}

/* Returns the mean of x in a and y in b, by how long each was. */
static double mean(const struct series_sample *a, double x, const struct series_sample *b, double y)
{
	double m = a->end - a->begin, n = b->end - b->begin;

	return (x * m + y * n) / (m + n);
}

static struct series_sample merge(const struct series_sample *a, const struct series_sample *b)
{
	struct series_sample both = {
		.begin = a->begin, .end = b->end,
		.bytes = a->bytes + b->bytes, .files = a->files + b->files,
		.entries = a->entries + b->entries,
		.walkers = mean(a, a->walkers, b, b->walkers),
		.copiers = mean(a, a->copiers, b, b->copiers),
		.pending = mean(a, a->pending, b, b->pending),
	};

	for (int i = 0; i < FIGURES_TIMES; i++)
		both.times[i] = a->times[i] + b->times[i];
	return both;
}

static void halve(struct series *s)
{
	static_assert(SERIES_MOST % 2 == 0, "the last sample has no partner");
	for (unsigned int i = 0; i < SERIES_MOST / 2; i++)
		s->samples[i] = merge(&s->samples[2 * i], &s->samples[2 * i + 1]);
	s->n = SERIES_MOST / 2;
	s->step *= 2;
}

/* Returns now - before, or 0 where a number has gone back. */
static uint64_t grown(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

void series_add(struct series *s, const struct series_now *now)
{
	const struct series_now *last = &s->last;
	struct series_sample sample = {
		.begin = last->at, .end = now->at,
		.bytes = grown(now->bytes, last->bytes), .files = grown(now->files, last->files),
		.entries = grown(now->entries, last->entries),
		.walkers = now->walkers, .copiers = now->copiers, .pending = now->pending,
	};

	if (now->at <= last->at)
		return;
	for (int i = 0; i < FIGURES_TIMES; i++)
		sample.times[i] = grown(now->times[i], last->times[i]);
	if (s->n == SERIES_MOST)
		halve(s);
	s->samples[s->n++] = sample;
	s->last = *now;
}

double series_time(const struct series_sample *s, double part)
{
	double all = 0, below = 0;

	for (int i = 0; i < FIGURES_TIMES; i++)
		all += s->times[i];
	if (!all)
		return -1;
	for (int i = 0; i < FIGURES_TIMES; i++) {
		double after = below + s->times[i];

		if (s->times[i] && after >= part * all) {
			double inside = (part * all - below) / s->times[i];

			/* From 2^i to 2^(i + 1) microseconds, evenly */
			return (UINT64_C(1) << i) * (1 + (inside > 0 ? inside : 0)) * 1e-6;
		}
		below = after;
	}
	return (UINT64_C(1) << FIGURES_TIMES) * 1e-6;
}
