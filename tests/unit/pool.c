/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pool with tasks that only sleep: all are run, within the limits, and clients share
 * the threads.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "pool.h"
#include "scale.h"
#include "tap.h"

enum { MOST_TASKS = 2000, CLIENTS = 3 };

struct task {
	struct cf_task task;
	long ns;			/* how long it takes */
};

static struct task tasks[MOST_TASKS];
static atomic_int offered[CLIENTS];	/* tasks of each client: submitted, */
static atomic_int begun[CLIENTS];	/* taken by a thread, */
static atomic_int ended[CLIENTS];	/* and run */
static atomic_int meanwhile;		/* tasks of client 1 begun while some of client 2 waited */
static atomic_int running, peak;	/* now, at most */
static atomic_bool gate;		/* tasks of client 0 wait for it */

static void nap(long ns)
{
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

static unsigned int run(struct cf_task *task)
{
	struct task *t = (struct task *)((char *)task - offsetof(struct task, task));
	uint64_t client = task->client;
	int now = atomic_fetch_add(&running, 1) + 1, most = peak;

	begun[client]++;
	if (client == 1 && begun[2] < offered[2])
		meanwhile++;
	while (now > most && !atomic_compare_exchange_weak(&peak, &most, now))
		;
	if (client == 0)
		while (!gate)
			nap(100000);
	nap(t->ns);
	atomic_fetch_sub(&running, 1);
	atomic_fetch_add(&ended[client], 1);
	return 1;
}

static struct cf_pool_limits threads(unsigned int n)
{
	return (struct cf_pool_limits){ .least = n, .most = n, .spare = n };
}

static void submit(struct task *t, uint64_t client, bool big, long ns, unsigned int nthreads)
{
	*t = (struct task){ { .client = client, .big = big, .place = 1, .run = run }, ns };
	if (cf_pool_submit(&t->task, threads(nthreads)) != 0)
		bail_out("cannot submit");
	offered[client]++;
}

static void reset(void)
{
	int i;

	cf_pool_stop();
	for (i = 0; i < CLIENTS; i++)
		offered[i] = begun[i] = ended[i] = 0;
	meanwhile = 0;
	peak = 0;
	gate = true;
}

static void await(int client, int n)
{
	while (ended[client] < n)
		nap(50000);
}

static void look(const struct cf_pool_view *view, void *arg)
{
	*(struct cf_pool_view *)arg = *view;
}

static void test_all_run(void)
{
	struct cf_pool_view view;
	int i;

	reset();
	for (i = 0; i < 500; i++)
		submit(&tasks[i], 1, false, 10000, 3);
	await(1, 500);
	is_int(ended[1], 500, "all tasks are run");
	ok(peak <= 3, "at most 3 at a time (%d)", peak);
	cf_pool_look(look, &view);
	ok(view.threads >= 1 && view.threads <= 3, "by at most 3 threads (%u)", view.threads);
	cf_pool_stop();
	cf_pool_look(look, &view);
	is_int(view.threads, 0, "which are gone when the pool was stopped");
	submit(&tasks[0], 1, false, 0, 1);
	await(1, 501);
	is_int(ended[1], 501, "it starts anew with the next task");
}

static void test_remove(void)
{
	reset();
	gate = false;
	submit(&tasks[0], 0, false, 0, 1);
	submit(&tasks[1], 1, false, 0, 1);
	while (running == 0)
		nap(100000);
	ok(!cf_pool_remove(&tasks[0].task), "a task that runs cannot be removed");
	ok(cf_pool_remove(&tasks[1].task), "a task that waits can");
	ok(!cf_pool_remove(&tasks[1].task), "once");
	gate = true;
	await(0, 1);
	cf_pool_stop();
	is_int(ended[1], 0, "then it is not run");
}

static void test_big_limit(void)
{
	int i;

	reset();
	for (i = 0; i < 40; i++)
		submit(&tasks[i], 1, true, 500000, 4);
	await(1, 40);
	/* Where the number of threads is fixed, one is kept for small tasks. */
	ok(peak <= 3, "of 4 threads at most 3 run big tasks (%d)", peak);
	reset();
	for (i = 0; i < 200; i++)
		submit(&tasks[i], 1, true, 200000, 1);
	submit(&tasks[200], 2, false, 0, 1);
	await(2, 1);
	ok(ended[1] < 100, "a single thread does not do all big tasks first (%d)", ended[1]);
	await(1, 200);
}

/*
 * Client 1 has all its tasks queued at once, client 2 only a few at a time.  While tasks of
 * client 2 wait, about as many of client 1 should be begun.  (Not: end.  How long a thread
 * waits for a processor in the midst of a task says nothing about the pool.)
 */
static void test_fair(unsigned int nthreads, bool big)
{
	enum { BURST = 10, BURSTS = 10, OTHERS = 1200 };
	int i, n = OTHERS, b;

	reset();
	for (i = 0; i < OTHERS; i++)
		submit(&tasks[i], 1, big, 300000, nthreads);
	for (b = 0; b < BURSTS; b++) {
		for (i = 0; i < BURST; i++)
			submit(&tasks[n++], 2, big, 300000, nthreads);
		await(2, (b + 1) * BURST);
	}
	ok(meanwhile < 3 * BURST * BURSTS,
	   "%u threads, %s: 100 tasks in bursts of 10 see %d of 1200 begun", nthreads,
	   big ? "big" : "small", meanwhile);
	for (i = 0; i < OTHERS; i++)
		if (cf_pool_remove(&tasks[i].task))
			ended[1]++;
	await(1, OTHERS);
}

static void test_wants_work(void)
{
	int i;

	reset();
	ok(cf_pool_wants_work(threads(2)), "a pool that has nothing to do wants work");
	ok(!cf_pool_wants_work((struct cf_pool_limits){ .least = 2, .most = 2, .spare = 0 }),
	   "but not if it may have no core");
	gate = false;
	for (i = 0; i < 200; i++)
		submit(&tasks[i], 0, false, 0, 2);
	ok(!cf_pool_wants_work(threads(2)), "nor if many tasks wait");
	gate = true;
	await(0, 200);
	ok(cf_pool_wants_work(threads(2)), "when they have been run it does again");
}

static void test_reserve(void)
{
	int got = 0;

	reset();
	gate = false;
	submit(&tasks[0], 0, false, 0, 3);
	while (running == 0)
		nap(100000);
	while (got < 10 && cf_pool_reserve_thread())
		got++;
	is_int(got, 2, "with one of 3 threads at work, 2 can be reserved");
	cf_pool_release_thread();
	ok(cf_pool_reserve_thread(), "one that was released can be reserved again");
	ok(!cf_pool_reserve_thread(), "but not more");
	cf_pool_release_thread();
	cf_pool_release_thread();
	gate = true;
	await(0, 1);
}

static atomic_bool asking;

static void *ask(void *arg)
{
	struct cf_pool_view view;
	(void)arg;

	while (asking) {
		cf_pool_wants_work(threads(2));
		cf_pool_look(look, &view);
		if (cf_pool_reserve_thread())
			cf_pool_release_thread();
	}
	return NULL;
}

/* A copy that is made by the thread that starts it may ask at any time. */
static void test_stop_while_others_ask(void)
{
	pthread_t asker;
	int i;

	reset();
	submit(&tasks[0], 0, false, 0, 2);
	await(0, 1);
	ok(cf_pool_reserve_thread(), "the thread of another one");
	cf_pool_stop();
	cf_pool_release_thread();
	ok(true, "may outlive a pool that is stopped");
	asking = true;
	if (pthread_create(&asker, NULL, ask, NULL) != 0)
		bail_out("no thread");
	for (i = 1; i < 200; i++) {
		submit(&tasks[i], 0, false, 0, 2);
		await(0, i + 1);
		cf_pool_stop();
	}
	asking = false;
	pthread_join(asker, NULL);
	is_int(ended[0], 200, "a pool is stopped while others ask it");
}

static atomic_int parked;

static unsigned int run_and_park(struct cf_task *task)
{
	cf_pool_park();
	parked++;
	while (!gate)
		nap(100000);
	parked--;
	cf_pool_unpark();
	return run(task);
}

static void submit_parking(int i, uint64_t client, bool big)
{
	tasks[i] = (struct task){
		{ .client = client, .big = big, .place = 1, .run = run_and_park }, 0,
	};
	if (cf_pool_submit(&tasks[i].task, threads(2)) != 0)
		bail_out("cannot submit");
}

/* Tasks of client 1 stand still: neither those of client 2 wait for that, nor its own. */
static void test_park(bool big)
{
	const char *kind = big ? "big" : "small";
	struct cf_pool_view view;
	int i;

	reset();
	gate = false;
	for (i = 0; i < 10; i++)
		submit_parking(i, 1, big);
	while (parked < 10)
		nap(100000);
	cf_pool_look(look, &view);
	is_int(view.big, 0,
		       "10 %s tasks of a pool of 2 threads are parked, and count as none", kind);
	for (i = 10; i < 110; i++)
		submit(&tasks[i], 1 + i % 2, i % 4 < 2, 100000, 2);
	await(1, 50);
	await(2, 50);
	ok(peak <= 2, "others are run meanwhile, at most 2 at a time (%d)", peak);
	is_int(parked, 10, "while they stand still");
	gate = true;
	await(1, 60);
	is_int(ended[1], 60, "then they go on");
	peak = 0;
	for (i = 0; i < 100; i++)
		submit(&tasks[i], 2, false, 100000, 2);
	await(2, 150);
	ok(peak <= 2, "and the limit is what it was (%d)", peak);
}

/* However fast tasks come, a thread is started for a task once, and not again until it takes it. */
static void test_no_more_threads_than_tasks_may_run(void)
{
	struct cf_pool_limits limits = { .least = 1, .most = 64, .spare = 1 };
	struct cf_pool_view view;
	int i;

	reset();
	for (i = 0; i < 100; i++) {
		tasks[i] = (struct task){
			{ .client = 1, .big = i == 0, .place = 1, .run = run }, 10000,
		};
		offered[1]++;
		if (cf_pool_submit(&tasks[i].task, limits) != 0)
			bail_out("cannot submit");
	}
	await(1, 100);
	cf_pool_look(look, &view);
	ok(view.threads <= 2, "a big task and many small ones: %u threads, one for each kind",
	   view.threads);
}

int main(void)
{
	test_all_run();
	test_remove();
	test_big_limit();
	test_fair(2, false);
	test_fair(3, false);
	test_fair(8, false);
	test_fair(3, true);
	test_wants_work();
	test_reserve();
	test_stop_while_others_ask();
	test_park(false);
	test_park(true);
	test_no_more_threads_than_tasks_may_run();
	cf_pool_stop();
	return done_testing();
}
