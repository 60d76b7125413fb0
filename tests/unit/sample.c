/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When work is measured, and what it is said to have taken.  The test plays the part of spent.c,
 * which tells it how long a look takes and what a thread has done since the last one.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>
#include <time.h>

#include "cores.h"
#include "sample.h"
#include "tap.h"

static const int64_t ms = 1000000;

/* A look takes so long (ns). */
enum { LOOK = 10000 };

static struct cf_spent spent;

struct cf_spent cf_spent_now(void)
{
	spent.wall += LOOK;
	spent.cpu += LOOK;
	return spent;
}

bool cf_spent_is_exact(void)
{
	return true;
}

int cf_spent_calls(void)
{
	return 5;
}

/* Returns true if work that begins at that time is measured. */
static bool measures(int64_t now, bool must)
{
	struct cf_sample s;

	cf_sample_begin(&s, now, must);
	return s.taken;
}

static void *measure_in_thread(void *now)
{
	static bool yes;

	yes = measures(*(int64_t *)now, false);
	return &yes;
}

/* Returns true if the first work of a new thread is measured. */
static bool new_thread_measures(int64_t now)
{
	pthread_t thread;
	void *ret = NULL;

	if (pthread_create(&thread, NULL, measure_in_thread, &now) != 0)
		return false;
	pthread_join(thread, &ret);
	return *(bool *)ret;
}

static void test_when(void)
{
	/* Three looks, one part in 256 of the time of all processors */
	const int64_t all = 3 * 256 * LOOK / cf_cores();
	int64_t t = 1000 * ms;

	ok(measures(t, false), "the first work of a thread is measured");
	ok(!measures(t + 9 * ms, false), "what comes soon after it is not");
	ok(measures(t + 9 * ms, true), "unless it must be");
	t += 9 * ms;
	ok(measures(t + 11 * ms, false), "and what comes later is again");
	t += 11 * ms + 20 * ms;
	ok(new_thread_measures(t), "so is the first work of another thread");
	ok(!measures(t + all - 1000, false), "for which this one rests as well");
	ok(measures(t + all, false), "but not for as long");
	cf_sample_next();
	ok(measures(t + all, false), "a thread that is told to measures at once");
	ok(!measures(t + all, false), "once");
}

/* Returns what work is said to have taken in whose course a thread did that. */
static struct cf_cost cost(struct cf_spent during, unsigned int calls)
{
	struct cf_sample s;

	cf_sample_begin(&s, 0, true);
	spent.wall += during.wall;
	spent.cpu += during.cpu;
	spent.queue += during.queue;
	spent.sleeps += during.sleeps;
	return cf_sample_end(&s, calls);
}

static void test_cost(void)
{
	struct cf_spent slept = { .wall = 10 * ms, .cpu = ms, .queue = 2 * ms, .sleeps = 1 };
	struct cf_cost c = cost(slept, 0);

	is_int(c.cpu, ms + LOOK, "what is computed counts");
	is_int(c.queue, 2 * ms, "so does the queue");
	is_int(c.wait, 7 * ms, "the rest it has waited");
	slept.sleeps = 0;
	is_int(cost(slept, 0).wait, 0, "who was not put to sleep has not waited");
}

int main(void)
{
	test_when();
	test_cost();
	return done_testing();
}
