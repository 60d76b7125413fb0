/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is learnt from copies that are measured: here copies that sleep, or keep the
 * processor busy, for as long as their case demands.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>
#include <time.h>

#include "policy.h"
#include "tap.h"

/* Pairs of file systems; none shares an entry with another one. */
enum { UNKNOWN = 1, SLOW, FAST, LATE, BIG, LARGE, CHANGING, AWAITED };

static const int64_t ms = 1000000;

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

static void nap(int64_t ns)
{
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

static void spin(int64_t ns)
{
	int64_t until = now(CLOCK_THREAD_CPUTIME_ID) + ns;

	while (now(CLOCK_THREAD_CPUTIME_ID) < until)
		;
}

static void copy(uint64_t pair, void (*spend)(int64_t ns), uint64_t bytes)
{
	struct cf_policy_sample sample;

	cf_policy_begin(&sample, pair);
	spend(3 * ms);
	cf_policy_end(&sample, bytes, 1);
}

static void test_unknown(void)
{
	struct cf_pool_limits limits = cf_policy_limits(0, UNKNOWN);

	ok(cf_policy_waits(UNKNOWN), "a pair that is not known is handed over, as if it waits");
	ok(!limits.waits, "but gets no threads for that");
	ok(limits.least >= 2 && limits.least >= cf_policy_cores(),
	   "it gets threads for a verdict (%u)", limits.least);
	ok(limits.most >= 64, "and may have more later (%u)", limits.most);
	limits = cf_policy_limits(5, UNKNOWN);
	ok(limits.least == 5 && limits.most == 5, "a fixed number is kept");
}

static void test_verdicts(void)
{
	copy(SLOW, nap, 1000);
	copy(SLOW, nap, 1000);
	ok(cf_policy_waits(SLOW), "copies that sleep wait");
	ok(cf_policy_limits(0, SLOW).waits, "and get more threads");
	is_int(cf_policy_waiting(), 100, "all that were measured did so");
	is_int(cf_policy_limits(0, SLOW).spare, cf_policy_limits(0, SLOW).least,
	       "they take no core from anybody");

	copy(FAST, spin, 1000);
	copy(FAST, spin, 1000);
	ok(!cf_policy_waits(FAST), "copies that keep the processor busy do not wait");
	ok(!cf_policy_limits(0, FAST).waits, "and get no more threads");
	is_int(cf_policy_waiting(), 0, "none that was measured did so");
	ok(cf_policy_waits(SLOW), "each pair has a verdict of its own");
}

static void test_not_measured(void)
{
	struct cf_policy_sample sample;
	int i;

	for (i = 0; i < 3; i++) {
		cf_policy_begin(&sample, BIG);
		cf_policy_is_big(&sample);
		spin(ms);
		cf_policy_end(&sample, 100, 1);
		copy(LARGE, spin, 1 << 20);
	}
	ok(cf_policy_waits(BIG), "big copies are no basis for a verdict");
	ok(cf_policy_waits(LARGE), "nor are copies of many bytes");
}

static void test_late(void)
{
	struct cf_policy_sample sample;

	cf_policy_begin(&sample, LATE);
	ok(!cf_policy_limits(0, LATE).waits, "a first copy has just begun");
	nap(40 * ms);
	ok(cf_policy_limits(0, LATE).waits, "one that does not end is taken to wait");
	cf_policy_end(&sample, 1000, 1);
}

/* From then on one copy in 50 ms is measured. */
static void test_changing(void)
{
	int i;

	copy(CHANGING, nap, 1000);
	copy(CHANGING, nap, 1000);
	nap(60 * ms);
	copy(CHANGING, spin, 1000);
	ok(cf_policy_waits(CHANGING), "a single fast copy does not change a verdict");
	for (i = 0; i < 6; i++) {
		nap(60 * ms);
		copy(CHANGING, spin, 1000);
	}
	ok(!cf_policy_waits(CHANGING), "a few do");
}

static void test_await(void)
{
	int64_t begin = now(CLOCK_MONOTONIC), first;
	int i;

	for (i = 0; i < 8; i++)
		cf_policy_await(AWAITED);
	first = now(CLOCK_MONOTONIC) - begin;
	cf_policy_await(AWAITED);
	ok(now(CLOCK_MONOTONIC) - begin - first >= ms, "after a few copies the caller waits");
	begin = now(CLOCK_THREAD_CPUTIME_ID);
	for (i = 0; i < 100; i++)
		cf_policy_await(FAST);
	ok(now(CLOCK_THREAD_CPUTIME_ID) - begin < 100 * ms, "not if there is a verdict");
}

static void * work(void *arg)
{
	(void)arg;
	cf_policy_caller_works();
	return NULL;
}

static void test_callers(void)
{
	pthread_t thread;

	is_int(cf_policy_callers(), 0, "at first no thread copies by itself");
	/* A thread may be stopped for long on a busy machine: then the count is too low. */
	work(NULL);
	ok(cf_policy_callers() <= 1, "a thread does");
	pthread_create(&thread, NULL, work, NULL);
	pthread_join(thread, NULL);
	work(NULL);
	ok(cf_policy_callers() >= 1 && cf_policy_callers() <= 2, "a second one does");
	nap(120 * ms);
	is_int(cf_policy_callers(), 0, "neither did so lately");
}

int main(void)
{
	test_callers();
	test_unknown();
	test_verdicts();
	test_not_measured();
	test_late();
	test_changing();
	test_await();
	return done_testing();
}
