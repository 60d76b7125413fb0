/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters that all threads add to: nothing is lost, and they stop at their highest value. */
#include <config.h>

#include "count.h"

#include <pthread.h>

#include "tap.h"

enum { THREADS = 40, TIMES = 10000 };

static void *add(void *arg)
{
	(void)arg;
	for (int i = 0; i < TIMES; i++) {
		cf_count(CF_CALLS, 1);
		cf_count(CF_BUFFERED, 3);
	}
	return NULL;
}

/* More threads than there are cells */
static void test_threads(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, add, NULL) != 0)
			bail_out("no thread");
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	is_int(cf_counted(CF_CALLS), THREADS * TIMES, "%d threads lose nothing", THREADS);
	is_int(cf_counted(CF_BUFFERED), 3 * THREADS * TIMES, "nor in another counter");
	is_int(cf_counted(CF_COPIES), 0, "which leaves the others alone");
}

static void test_highest(void)
{
	cf_count(CF_CLONED, UINT64_MAX - 5);
	cf_count(CF_CLONED, 5);
	ok(cf_counted(CF_CLONED) == UINT64_MAX, "a counter may have its highest value");
	cf_count(CF_CLONED, 1);
	ok(cf_counted(CF_CLONED) == UINT64_MAX, "and stays there");
}

static void *add_to_highest(void *arg)
{
	(void)arg;
	cf_count(CF_CLONED, 7);
	return NULL;
}

static void test_highest_sum(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, add_to_highest, NULL) != 0)
		bail_out("no thread");
	pthread_join(thread, NULL);
	ok(cf_counted(CF_CLONED) == UINT64_MAX, "also if another thread adds to it");
}

int main(void)
{
	test_threads();
	test_highest();
	test_highest_sum();
	return done_testing();
}
