/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bounded figures of a run: src/watch/series.c, src/report/figures.c, src/report/top.c */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "report/errorkinds.h"
#include "report/figures.h"
#include "report/report.h"
#include "report/top.h"
#include "tap.h"
#include "watch/series.h"

#define MS (CLOCK_SECOND / 1000)

/* A run of so many samples, of which each has 10 bytes, 2 files and a time. */
static void sample_for(struct series *s, unsigned int samples)
{
	struct series_now now = { .walkers = 3 };

	series_init(s);
	for (unsigned int i = 0; i < samples; i++) {
		now.at = series_next(s);
		now.bytes += 10;
		now.files += 2;
		now.entries += 3;
		now.times[10]++;
		series_add(s, &now);
	}
}

/* Returns true if the samples of s follow on each other, and have all that was given. */
static bool has_all(const struct series *s, unsigned int samples)
{
	uint64_t bytes = 0, files = 0, entries = 0, times = 0;
	int64_t at = 0;

	for (unsigned int i = 0; i < s->n; i++) {
		const struct series_sample *p = &s->samples[i];

		if (p->begin != at || p->end <= p->begin || p->walkers != 3)
			return false;
		at = p->end;
		bytes += p->bytes;
		files += p->files;
		entries += p->entries;
		times += p->times[10];
	}
	return at == s->last.at && bytes == samples * 10 && files == samples * 2 &&
	       entries == samples * 3 && times == samples;
}

static void test_series(void)
{
	static struct series s;

	series_init(&s);
	is_int(series_next(&s), 100 * MS, "the first sample is due after a tenth of a second");
	for (unsigned int n = 1; n < 10 * SERIES_MOST; n = n * 3 + 1) {
		sample_for(&s, n);
		ok(s.n <= SERIES_MOST && (n <= SERIES_MOST || s.n >= SERIES_MOST / 2) &&
		   has_all(&s, n), "%u samples become %u, which have all", n, s.n);
	}
	ok(s.step > 100 * MS, "then they are longer: %lld ms", (long long)(s.step / MS));
	struct series_now late = s.last;
	late.bytes = 0;
	series_add(&s, &late);
	is_int(s.last.at, late.at, "a sample without a length is none");
	late.at += CLOCK_SECOND;
	series_add(&s, &late);
	is_int((long long)s.samples[s.n - 1].bytes, 0, "what goes back counts for nothing");
}

static void test_times(void)
{
	struct series_sample s = { .times = { [10] = 90, [20] = 10 } };
	struct series_sample none = { .begin = 0 };
	double median = series_time(&s, 0.5), slow = series_time(&s, 0.95);

	ok(series_time(&none, 0.5) < 0, "without a file there is no time");
	ok(median >= 1024e-6 && median < 2048e-6, "the median is %g s", median);
	ok(slow >= 1.048 && slow < 2.1, "95 of 100 are faster than %g s", slow);
}

static void test_sizes(void)
{
	static const struct {
		uint64_t bytes;
		int bucket;
	} sizes[] = {
		{ 0, 0 }, { 1, 1 }, { 1023, 1 }, { 1024, 2 }, { 4095, 2 }, { 4096, 3 },
		{ UINT64_MAX, FIGURES_SIZES - 1 },
	};
	uint64_t files[FIGURES_SIZES], bytes[FIGURES_SIZES];

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		uint64_t before[FIGURES_SIZES];

		figures_sizes(before, bytes);
		figures_file(sizes[i].bytes, -1);
		figures_sizes(files, bytes);
		is_int((long long)(files[sizes[i].bucket] - before[sizes[i].bucket]), 1,
		       "%ju bytes", (uintmax_t)sizes[i].bytes);
	}
}

static void test_top(void)
{
	static struct top t = TOP_INIT;
	char name[32];

	for (unsigned int i = 0; i < 1000; i++) {
		uint64_t value = i * 7919 % 1000 + 1;

		snprintf(name, sizeof name, "name %ju", (uintmax_t)value);
		if (top_wants(&t, value))
			top_add(&t, value, value * 2, name);
	}
	bool sorted = t.n == TOP_MOST;
	for (unsigned int i = 0; i < t.n; i++) {
		snprintf(name, sizeof name, "name %u", 1000 - i);
		sorted &= t.items[i].value == 1000 - i && !strcmp(t.items[i].name, name) &&
			  t.items[i].more == 2 * t.items[i].value;
	}
	ok(sorted, "the highest of a thousand, in order");
	ok(!top_wants(&t, 981) && top_wants(&t, 982), "what is no higher does not get in");
}

static void test_errors(void)
{
	static char text[5000];
	unsigned int n;
	uint64_t others;

	memset(text, 'x', sizeof text - 1);
	memcpy(text + 1999, "\303\274", 2);
	errorkinds_add(OP_READ, false, 5, "before it was wanted");
	errorkinds_begin();
	for (int i = 0; i < 10; i++)
		errorkinds_add(OP_READ, true, 0, "a warning");
	for (int i = 0; i < 5; i++)
		errorkinds_add(OP_OPEN, false, 2, text);
	for (int err = 1; err < 100; err++)
		errorkinds_add(OP_WRITE, false, err, "each once");
	const struct errorkind *kinds = errorkinds_sorted(&n, &others);
	is_int(n, ERRORKINDS_MOST, "so many kinds are told apart");
	is_int((long long)others, 99 + 2 - ERRORKINDS_MOST, "others are counted");
	ok(kinds[0].op == OP_OPEN && kinds[0].count == 5, "the most frequent error comes first");
	ok(kinds[n - 1].warning && kinds[n - 1].count == 10, "warnings come last");
	is_int(kinds[0].nexamples, ERRORKINDS_EXAMPLES, "with a few examples");
	is_int((long long)strlen(kinds[0].examples[0]), 1999, "cut between two characters");
}

int main(void)
{
	test_series();
	test_times();
	test_sizes();
	test_top();
	test_errors();
	return done_testing();
}
