/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which task comes next: simulated threads, and time that exists in numbers only.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <string.h>

#include "lanes.h"
#include "tap.h"

enum { MOST_TASKS = 4096, MOST_THREADS = 16, MOST_CLIENTS = 8 };

static struct cf_lanes lanes;
static struct cf_task tasks[MOST_TASKS];
static unsigned int ntasks;

static const int64_t ms = 1000000;

static struct cf_task * put(uint64_t client, uint64_t place, bool big)
{
	struct cf_task *task = &tasks[ntasks++];

	if (ntasks == MOST_TASKS)
		bail_out("too many tasks");
	*task = (struct cf_task){ .client = client, .place = place, .big = big };
	if (cf_lanes_put(&lanes, task) != 0)
		bail_out("no memory");
	return task;
}

static void reset(void)
{
	cf_lanes_clear(&lanes);
	ntasks = 0;
}

/* ------------------------------------------------------- a simulated thread */

struct thread {
	struct cf_lane *lane;
	struct cf_task *task;		/* that it runs, or NULL */
	int64_t until;
};

static void move(struct thread *t, struct cf_lane *lane)
{
	struct cf_lane *left = t->lane;

	if (lane == left)
		return;
	if (lane != NULL)
		cf_lanes_enter(&lanes, lane);
	if (left != NULL)
		cf_lanes_leave(&lanes, left);
	t->lane = lane;
}

static struct cf_task * take(struct thread *t, enum cf_kind kind)
{
	move(t, cf_lanes_next(&lanes, kind, t->lane, true));
	t->task = t->lane != NULL ? t->lane->first : NULL;
	if (t->task != NULL)
		cf_lanes_remove(&lanes, t->task);
	return t->task;
}

struct load {
	enum cf_kind kind;
	int window[MOST_CLIENTS];	/* tasks that each client keeps queued or running */
	int64_t cost[MOST_CLIENTS];	/* of each of its tasks */
	int64_t served[MOST_CLIENTS];	/* time of threads that it had */
};

/* Let nthreads work for a time.  Clients submit a task for each that has ended. */
static void simulate(struct load *load, int nthreads, int64_t time)
{
	struct thread threads[MOST_THREADS] = { { NULL, NULL, 0 } };
	int64_t now = 0;
	int c, t, i;

	for (c = 0; c < MOST_CLIENTS; c++)
		for (i = 0; i < load->window[c]; i++)
			put(c, i % 3, load->kind == CF_BIG);
	while (now < time) {
		int next = -1;

		for (t = 0; t < nthreads; t++)
			if (threads[t].task == NULL && take(&threads[t], load->kind) != NULL)
				threads[t].until = now + load->cost[threads[t].task->client];
		for (t = 0; t < nthreads; t++)
			if (threads[t].task != NULL &&
			    (next < 0 || threads[t].until < threads[next].until))
				next = t;
		struct cf_task *task = threads[next].task;
		now = threads[next].until;
		cf_lanes_charge(threads[next].lane, load->cost[task->client]);
		load->served[task->client] += load->cost[task->client];
		threads[next].task = NULL;
		if (cf_lanes_put(&lanes, task) != 0)
			bail_out("no memory");
	}
	for (t = 0; t < nthreads; t++)
		move(&threads[t], NULL);
	reset();
}

/* --------------------------------------------------------------- one client */

static void test_order(void)
{
	struct thread a = { NULL, NULL, 0 }, b = { NULL, NULL, 0 };
	struct cf_task *one = put(1, 10, false), *two = put(1, 20, false);
	struct cf_task *three = put(1, 10, false), *four = put(1, 20, false);

	is_int(lanes.queued[CF_SMALL], 4, "tasks are counted");
	ok(take(&a, CF_SMALL) == one, "the oldest lane comes first");
	ok(take(&b, CF_SMALL) == two, "a second thread goes to another lane");
	ok(take(&a, CF_SMALL) == three, "a thread stays in its lane");
	ok(take(&a, CF_SMALL) == four, "and leaves it when it is empty");
	ok(take(&a, CF_SMALL) == NULL, "nothing is left");
	is_int(lanes.threads[CF_SMALL], 1, "the thread that found nothing is in no lane");
	ok(cf_lanes_next(&lanes, CF_BIG, NULL, true) == NULL, "no big task waits");
	move(&b, NULL);
	ok(lanes.clients == NULL, "a client without tasks and threads is gone");
	reset();
}

static void test_batch_ends(void)
{
	struct thread a = { NULL, NULL, 0 };
	struct cf_lane *first;

	put(1, 10, false);
	put(1, 10, false);
	put(1, 10, false);
	put(1, 20, false);
	take(&a, CF_SMALL);
	first = a.lane;
	ok(cf_lanes_next(&lanes, CF_SMALL, a.lane, true) == first, "with stay it stays");
	ok(cf_lanes_next(&lanes, CF_SMALL, a.lane, false) != first,
	   "without stay it goes where fewer threads are");
	move(&a, NULL);
	reset();
}

static void test_remove(void)
{
	struct cf_task *one = put(1, 10, false), *two = put(1, 10, false);
	struct cf_task *three = put(1, 10, false);
	struct thread a = { NULL, NULL, 0 };

	cf_lanes_remove(&lanes, two);
	ok(two->lane == NULL, "a task that was removed is in no lane");
	ok(take(&a, CF_SMALL) == one && take(&a, CF_SMALL) == three, "the others keep their order");
	move(&a, NULL);
	ok(lanes.clients == NULL, "nothing is left");
	reset();
}

static void test_big(void)
{
	struct cf_task *small = put(1, 10, false), *big = put(1, 10, true);
	struct thread a = { NULL, NULL, 0 };

	ok(take(&a, CF_SMALL) == small, "a small task is found among small ones");
	move(&a, cf_lanes_big(a.lane));
	is_int(lanes.threads[CF_BIG], 1, "a thread whose task turns out to be big is counted so");
	is_int(lanes.threads[CF_SMALL], 0, "and no longer with the small ones");
	ok(take(&a, CF_BIG) == big, "a big task is found among big ones");
	small->big = true;
	is_int(cf_lanes_put(&lanes, small), 0, "a task can be put back as a big one");
	ok(take(&a, CF_BIG) == small, "and is found there");
	move(&a, NULL);
	reset();
}

/* ---------------------------------------------------------- several clients */

/* Percent of the threads' time that client c had */
static int percent(const struct load *load, int c)
{
	int64_t all = 0;
	int i;

	for (i = 0; i < MOST_CLIENTS; i++)
		all += load->served[i];
	return all ? (int)(load->served[c] * 100 / all) : 0;
}

static void test_windows(enum cf_kind kind, const char *name)
{
	static const int threads[] = { 1, 2, 3, 8 };
	size_t i;

	for (i = 0; i < sizeof threads / sizeof *threads; i++) {
		struct load load = { kind, { 1024, 16 }, { ms, ms }, { 0 } };
		int share;

		simulate(&load, threads[i], 2000 * ms);
		share = percent(&load, 1);
		ok(share >= 45 && share <= 55,
		   "%s tasks, %d threads: a window of 16 beside 1024 has %d percent", name,
		   threads[i], share);
	}
}

static void test_costs(void)
{
	struct load load = { CF_SMALL, { 100, 100 }, { 20 * ms, ms }, { 0 } };

	simulate(&load, 1, 4000 * ms);
	ok(percent(&load, 1) >= 45,
	   "a client with short tasks has its share of the time: %d percent",
	   percent(&load, 1));
	load = (struct load){ CF_SMALL, { 100, 100, 100 }, { 20 * ms, ms, 5 * ms }, { 0 } };
	simulate(&load, 2, 4000 * ms);
	ok(percent(&load, 1) >= 28, "so it has where threads are fewer than clients: %d percent",
	   percent(&load, 1));
}

static void test_small_window(void)
{
	struct load load = { CF_SMALL, { 100, 1 }, { ms, ms }, { 0 } };

	simulate(&load, 4, 1000 * ms);
	ok(percent(&load, 1) >= 24, "one task at a time keeps one thread of four: %d percent",
	   percent(&load, 1));
	ok(percent(&load, 0) >= 74, "and the others work for the other client");
}

static void test_no_savings(void)
{
	struct thread a = { NULL, NULL, 0 };
	struct load load = { CF_SMALL, { 0 }, { 0 }, { 0 } };
	int i;

	/* Client 1 works alone for a second; client 2, which has a thread at a big task all the
	   time, then begins with small ones. */
	struct thread big = { NULL, NULL, 0 };
	put(2, 1, true);
	take(&big, CF_BIG);
	for (i = 0; i < 1000; i++) {
		put(1, 1, false);
		put(1, 1, false);
		take(&a, CF_SMALL);
		cf_lanes_charge(a.lane, ms);
		take(&a, CF_SMALL);
	}
	for (i = 0; i < 100; i++) {
		put(1, 1, false);
		put(2, 1, false);
	}
	for (i = 0; i < 100; i++) {
		const struct cf_task *task = take(&a, CF_SMALL);

		cf_lanes_charge(a.lane, ms);
		load.served[task->client] += ms;
	}
	ok(percent(&load, 1) >= 40 && percent(&load, 1) <= 60,
	   "a client that begins late saved up no turns: the other still has %d percent",
	   percent(&load, 1));
	move(&a, NULL);
	move(&big, NULL);
	reset();
}

int main(void)
{
	test_order();
	test_batch_ends();
	test_remove();
	test_big();
	test_windows(CF_SMALL, "small");
	test_windows(CF_BIG, "big");
	test_costs();
	test_small_window();
	test_no_savings();
	cf_lanes_clear(&lanes);
	return done_testing();
}
