/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is learnt from copies that are measured: here copies that sleep, or keep the
 * processor busy.  On a machine that is busy with something else a thread that wants to sleep
 * for a moment queues for longer than that, and rightly counts as busy: such copies are made
 * again.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>
#include <sys/resource.h>
#include <time.h>

#include "callers.h"
#include "cores.h"
#include "idle.h"
#include "place.h"
#include "policy.h"
#include "tap.h"

/* How idle the processors of the machine are; the test plays the part of idle.c. */
static int idle = CF_IDLE_UNKNOWN;

int cf_idle_share(void)
{
	return idle;
}

int cf_idle_mean(void)
{
	return idle;
}

/* Pairs of file systems */
enum {
	UNKNOWN = 1, LATE = 5, BIG = 9, LARGE = 13, AWAITED = 17, KNOWN = 21, DEMAND = 25,
	NO_DEMAND = 29, ARM = 33 | CF_PAIR_SEEKS, NO_ARM = 37 | CF_PAIR_SEEKS, SERVER_HERE = 41,
	FAR = 45, NEAR_BY = 49, IN_PART = 53, READ_BACK = 57,
	NOT_READ_BACK = 61, IN_MEMORY = 65, OTHERS = 69
};

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

	cf_policy_begin(&sample, pair, false);
	spend(10 * ms);
	cf_policy_end(&sample, bytes, 1);
}

/* Returns true if the thread got a processor soon after its sleep. */
static bool copy_sleeping(uint64_t pair)
{
	int64_t begin = now(CLOCK_MONOTONIC);

	copy(pair, nap, 1000);
	return now(CLOCK_MONOTONIC) - begin < 14 * ms;
}

/* Returns a pair whose copies have slept, or 0 where the machine is too busy for that. */
static uint64_t new_slow_pair(void)
{
	static uint64_t next = OTHERS;
	int tries;

	for (tries = 0; tries < 100; tries++) {
		next += 8;
		if (copy_sleeping(next) && copy_sleeping(next))
			return next;
	}
	return 0;
}

static void test_unknown(void)
{
	struct cf_pool_limits limits = cf_policy_limits(0, UNKNOWN);

	ok(cf_policy_waits(UNKNOWN), "a pair that is not known is handed over, as if it waits");
	ok(!limits.waits, "but gets no threads for that");
	ok(limits.least >= 2 && limits.least >= cf_cores(),
	   "it gets threads for a verdict (%u)", limits.least);
	ok(limits.most >= 64, "and may have more later (%u)", limits.most);
	limits = cf_policy_limits(5, UNKNOWN);
	ok(limits.least == 5 && limits.most == 5, "a fixed number is kept");
}

static void test_slow(uint64_t slow)
{
	if (slow == 0) {
		skip(4, "the machine is too busy");
		return;
	}
	ok(cf_policy_waits(slow), "copies that sleep wait");
	ok(cf_policy_limits(0, slow).waits, "and get more threads");
	is_int(cf_policy_waiting(), 100, "all that were measured did so");
	is_int(cf_policy_limits(0, slow).spare, cf_policy_limits(0, slow).least,
	       "they take no core from anybody");
}

static void test_verdicts(void)
{
	uint64_t slow = new_slow_pair(), fast = slow + 4;

	test_slow(slow);
	copy(fast, spin, 1000);
	copy(fast, spin, 1000);
	ok(!cf_policy_waits(fast), "copies that keep the processor busy do not wait");
	ok(!cf_policy_limits(0, fast).waits, "and get no more threads");
	is_int(cf_policy_waiting(), 0, "none that was measured did so");
	/* The two are neighbours, which never share an entry. */
	if (slow != 0)
		ok(cf_policy_waits(slow), "each pair has a verdict of its own");
}

/* A tenth of the time is computing, the rest is waiting. */
static void a_tenth(int64_t ns)
{
	spin(ns / 10);
	nap(ns * 9 / 10);
}

static void test_demand(uint64_t slow)
{
	unsigned int cores = cf_cores(), n;
	int i;

	if (slow == 0) {
		skip(3, "the machine is too busy");
		return;
	}
	/* What a copy computes is little, but more while others use the processor's cache. */
	for (i = 0; i < 100 && slow &&
		    cf_policy_limits(0, slow).demand < cf_policy_limits(0, slow).most; i++)
		slow = new_slow_pair();
	is_int(cf_policy_limits(0, slow).demand, cf_policy_limits(0, slow).most,
	       "copies that only sleep: as many threads as there may be");
	for (i = 0; i < 3 || (i < 2000 && !cf_policy_waits(DEMAND)); i++)
		copy(DEMAND, a_tenth, 1000);
	n = cf_policy_limits(0, DEMAND).demand;
	ok(n >= 10 * cores && n <= 30 * cores,
	   "copies that compute a tenth of their time: some twenty for each of %u processors (%u)",
	   cores, n);
	copy(NO_DEMAND, spin, 1000);
	copy(NO_DEMAND, spin, 1000);
	n = cf_policy_limits(0, NO_DEMAND).demand;
	ok(n >= cores && n <= 2 * cores, "copies that keep the processor busy: two at most (%u)",
	   n);
}

static void short_nap(int64_t ns)
{
	nap(ns / 20);
}

/* A disk that says that it has an arm, and one whose waits show that it has none */
static void test_arm(void)
{
	int i;

	copy(ARM, nap, 1000);
	ok(!cf_policy_waits(ARM), "a disk that seeks gets no more threads");
	is_int(cf_policy_callers_wanted(), 1, "but one that copies");
	is_int(cf_policy_demand(), 0, "and none of the pool");
	/* A busy machine makes a short nap long: it takes some more until enough were short. */
	for (i = 0; i < 8 || (i < 100 && cf_policy_callers_wanted() == 1); i++)
		copy(NO_ARM, short_nap, 1000);
	is_int(cf_policy_callers_wanted(), cf_cores(),
	       "where waits are short there is no arm, whatever the disk says");
}

/* A server on this machine takes some processor time, as the copy does. */
static void be_served(int64_t ns)
{
	spin(ns / 10);
	nap(ns / 5);
}

/* What waits for a server on this machine waits for a processor. */
static void test_server_here(void)
{
	int i;

	idle = CF_IDLE_NOT_YET;
	for (i = 0; i < 6; i++)
		copy(SERVER_HERE, be_served, 1000);
	ok(!cf_policy_waits(SERVER_HERE), "before it is known whether the machine is idle no short "
	   "wait counts");
	idle = 0;
	for (i = 0; i < 6; i++)
		copy(SERVER_HERE, be_served, 1000);
	ok(!cf_policy_waits(SERVER_HERE), "nor on one that is never idle");
	idle = CF_IDLE_WHOLE / 2;
	/* Other programs of this machine may keep the naps from ending in time. */
	for (i = 0; i < 1000 && (!cf_policy_waits(SERVER_HERE) ||
				cf_policy_limits(0, SERVER_HERE).crowded); i++) {
		nap(20 * ms);
		copy(SERVER_HERE, be_served, 1000);
	}
	ok(cf_policy_waits(SERVER_HERE), "on one that is half idle such copies do");
	ok(!cf_policy_limits(0, SERVER_HERE).crowded, "and more threads may help");
	idle = 0;
	ok(cf_policy_limits(0, SERVER_HERE).crowded, "until they keep all processors busy");
	ok(cf_policy_waits(SERVER_HERE), "which is no reason to have fewer");
	idle = CF_IDLE_UNKNOWN;
}

static void mostly_spin(int64_t ns)
{
	spin(ns * 6 / 10);
	nap(ns * 4 / 10);
}

/* Returns true if the pair is taken to wait after a few copies that mostly compute. */
static bool waits_a_little(uint64_t pair)
{
	for (int i = 0; i < 3; i++)
		copy(pair, mostly_spin, 1000);
	return cf_policy_waits(pair);
}

static void test_read_back(void)
{
	idle = CF_IDLE_NOT_YET;
	ok(!waits_a_little(NOT_READ_BACK), "a wait shorter than the computing is none at first");
	cf_policy_expect_wait(READ_BACK);
	ok(waits_a_little(READ_BACK), "of copies that are read back it is one");
	struct cf_pool_limits limits = cf_policy_limits(0, READ_BACK);
	ok(limits.waits && limits.demand >= 8 && limits.demand >= cf_cores(),
	   "for which there are several threads (%u)", limits.demand);
	idle = 0;
	nap(20 * ms);
	ok(waits_a_little(READ_BACK), "also when no processor is idle with so many");
	cf_policy_expect_wait(IN_MEMORY);
	copy(IN_MEMORY, spin, 1000);
	copy(IN_MEMORY, spin, 1000);
	ok(!cf_policy_waits(IN_MEMORY), "those that never wait are in memory");
	idle = CF_IDLE_UNKNOWN;
}

/* Work that waits for less than it computes leaves processors idle all the same. */
static void test_idle_in_part(void)
{
	int i;

	for (i = 0; i < 6; i++) {
		nap(20 * ms);
		copy(IN_PART, mostly_spin, 1000);
	}
	ok(!cf_policy_waits(IN_PART), "what mostly computes does not wait");
	idle = CF_IDLE_WHOLE / 2;
	for (i = 0; i < 100 && !cf_policy_waits(IN_PART); i++) {
		nap(20 * ms);
		copy(IN_PART, mostly_spin, 1000);
	}
	ok(cf_policy_waits(IN_PART), "unless processors are idle meanwhile");
	idle = 0;
	for (i = 0; i < 6; i++) {
		nap(20 * ms);
		copy(IN_PART, mostly_spin, 1000);
	}
	ok(cf_policy_waits(IN_PART), "when they no longer are, it still does");
	idle = CF_IDLE_UNKNOWN;
}

/* What waits for long does not wait for a processor, even if others use all that there are. */
static void test_server_elsewhere(void)
{
	idle = CF_IDLE_NOT_YET;
	for (int i = 0; i < 100 && !cf_policy_waits(NEAR_BY); i++) {
		nap(20 * ms);
		copy(NEAR_BY, short_nap, 1000);
	}
	ok(cf_policy_waits(NEAR_BY), "before it is known whether the machine is idle a wait "
	   "counts if it is most of the time");
	idle = 0;
	for (int i = 0; i < 100 && !cf_policy_waits(FAR); i++) {
		nap(20 * ms);
		copy(FAR, nap, 1000);
	}
	ok(cf_policy_waits(FAR), "on a machine that is never idle a long wait counts");
	ok(cf_policy_limits(0, FAR).demand > cf_cores(), "and asks for more threads");
	idle = CF_IDLE_UNKNOWN;
}

static void test_not_measured(void)
{
	struct cf_policy_sample sample;
	int i;

	for (i = 0; i < 3; i++) {
		cf_policy_begin(&sample, BIG, false);
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

	int64_t begin = now(CLOCK_MONOTONIC);
	bool waits;

	cf_policy_begin(&sample, LATE, false);
	waits = cf_policy_limits(0, LATE).waits;
	if (now(CLOCK_MONOTONIC) - begin < 10 * ms)
		ok(!waits, "a first copy that has just begun is not taken to wait");
	/* While all processors are busy, this may be the reason. */
	for (int i = 0; i < 250 && !waits; i++) {
		nap(40 * ms);
		waits = cf_policy_limits(0, LATE).waits;
	}
	ok(waits, "one that does not end is taken to wait");
	cf_policy_end(&sample, 1000, 1);
}

/* From then on one copy in 10 ms is measured. */
static void test_changing(void)
{
	uint64_t pair = new_slow_pair();
	int i;

	if (pair == 0) {
		skip(2, "the machine is too busy");
		return;
	}
	nap(20 * ms);
	copy(pair, spin, 1000);
	ok(cf_policy_waits(pair), "a single fast copy does not change a verdict");
	for (i = 0; i < 6; i++) {
		nap(20 * ms);
		copy(pair, spin, 1000);
	}
	ok(!cf_policy_waits(pair), "a few do");
}

/* How often this thread has slept so far */
static long sleeps(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_nvcsw;
}

static void test_await(void)
{
	long before = sleeps();
	int i;

	for (i = 0; i < 8; i++)
		cf_policy_await(AWAITED);
	is_int(sleeps() - before, 0, "the first copies are handed over at once");
	cf_policy_await(AWAITED);
	ok(sleeps() > before, "with the next one the caller waits for a verdict");
	copy(KNOWN, spin, 1000);
	copy(KNOWN, spin, 1000);
	before = sleeps();
	for (i = 0; i < 20; i++)
		cf_policy_await(KNOWN);
	is_int(sleeps() - before, 0, "where there is one nobody waits");
}

static void * work(void *arg)
{
	(void)arg;
	cf_callers_note(now(CLOCK_MONOTONIC_COARSE));
	return NULL;
}

static void test_callers(void)
{
	pthread_t thread;

	is_int(cf_callers_count(), 0, "at first no thread copies by itself");
	/* A thread may be stopped for long on a busy machine: then the count is too low. */
	work(NULL);
	ok(cf_callers_count() <= 1, "a thread does");
	pthread_create(&thread, NULL, work, NULL);
	pthread_join(thread, NULL);
	work(NULL);
	ok(cf_callers_count() >= 1 && cf_callers_count() <= 2, "a second one does");
	nap(120 * ms);
	is_int(cf_callers_count(), 0, "neither did so lately");
}

int main(void)
{
	test_callers();
	test_unknown();
	test_verdicts();
	test_demand(new_slow_pair());
	test_arm();
	test_server_here();
	test_server_elsewhere();
	test_read_back();
	test_idle_in_part();
	test_not_measured();
	test_late();
	test_changing();
	test_await();
	return done_testing();
}
