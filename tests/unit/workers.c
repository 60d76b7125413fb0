/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Workers: all work is done once, by no more threads than there may be, and its end is told. */
#include <config.h>

#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "base/container.h"
#include "tap.h"
#include "tree/workers.h"

enum { MANY = 2000, LIMIT = 4 };

static struct workers workers;
static atomic_int done_calls;
static atomic_int runs, at_work, most_at_work;

struct job {
	struct work work;
	int more;			/* how many jobs it gives in turn */
	int times;			/* it was run */
};

static struct job jobs[MANY];
static atomic_int next_job;

static void on_done(void *arg)
{
	(void)arg;
	done_calls++;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
}

static void run(struct work *work)
{
	struct job *job = container_of(work, struct job, work);
	int now = ++at_work, most = most_at_work;

	while (most < now && !atomic_compare_exchange_weak(&most_at_work, &most, now))
		;
	job->times++;
	if (job->more > 1)
		nap();
	for (int i = 0; i < job->more; i++) {
		struct job *next = &jobs[next_job++];

		next->work.run = run;
		workers_give(&workers, &next->work);
	}
	runs++;
	at_work--;
}

static void wait_until_idle(void)
{
	while (!workers_idle(&workers))
		sched_yield();
}

static void begin(unsigned int limit)
{
	runs = most_at_work = done_calls = next_job = 0;
	for (int i = 0; i < MANY; i++)
		jobs[i] = (struct job){ .times = 0 };
	workers_init(&workers, limit, on_done, NULL);
}

static void give(int more)
{
	struct job *job = &jobs[next_job++];

	job->work.run = run;
	job->more = more;
	if (!workers_give(&workers, &job->work))
		bail_out("no thread can be started");
}

static bool each_once(int n)
{
	for (int i = 0; i < n; i++)
		if (jobs[i].times != 1)
			return false;
	return true;
}

static void test_none(void)
{
	begin(0);
	jobs[0].work.run = run;
	ok(!workers_give(&workers, &jobs[0].work), "with no threads, work is the caller's");
	ok(!workers_want_more(&workers), "none is wanted");
	ok(workers_idle(&workers), "and all is done");
	workers_fini(&workers);
}

static void test_one(void)
{
	begin(LIMIT);
	ok(!workers_want_more(&workers), "where there is to be one, it does not give work away");
	for (int i = 0; i < MANY / 2; i++)
		give(0);
	wait_until_idle();
	is_int(runs, MANY / 2, "all work is done");
	ok(each_once(MANY / 2), "each once");
	is_int(most_at_work, 1, "by one thread, as long as no more are asked for");
	workers_fini(&workers);
	ok(done_calls >= 1, "the end is told");
}

static void test_many(void)
{
	begin(LIMIT);
	workers_resize(&workers, 1000);
	for (int i = 0; i < MANY / 20; i++)
		give(19);
	ok(workers_want_more(&workers) || workers.load > LIMIT, "more is wanted, or all busy");
	wait_until_idle();
	is_int(runs, MANY, "work gives more work, and all is done");
	ok(each_once(MANY), "each once");
	ok(most_at_work > 1 && most_at_work <= LIMIT, "by several threads, within the limit");
	diag("at most %d", most_at_work);
	is_int((int)workers.nthreads <= LIMIT, true, "no more were started");
	workers_fini(&workers);
	ok(done_calls >= 1, "the end is told");
}

static void test_wake(void)
{
	begin(LIMIT);
	for (int i = 0; i < 200; i++) {
		give(0);
		wait_until_idle();
	}
	is_int(runs, 200, "a thread that sleeps is woken for each work");
	is_int(workers.nthreads, 1, "none is started for it");
	workers_fini(&workers);
	is_int(done_calls, 200, "each time the end is told");
}

/* A long piece of work that passes now and then, until it is told to end */
static atomic_bool enough;
static atomic_int passes;

static void run_long(struct work *work)
{
	(void)work;
	at_work++;
	while (!enough) {
		at_work--;
		workers_pass(&workers);
		at_work++;
		passes++;
		nap();
	}
	at_work--;
	runs++;
}

/* Returns true if so many are at work, after a moment, for a while. */
static bool are_at_work(int n)
{
	int tries = 0, most = 0;

	while (at_work != n && tries++ < 20000)
		nap();
	for (int i = 0; i < 100; i++) {
		int now = at_work;

		most = most < now ? now : most;
		nap();
	}
	return most <= n && tries < 20000;
}

static void give_long(void)
{
	jobs[next_job].work.run = run_long;
	if (!workers_give(&workers, &jobs[next_job++].work))
		bail_out("no thread can be started");
}

static void test_restrain(void)
{
	begin(LIMIT);
	enough = false;
	workers_resize(&workers, LIMIT);
	for (int i = 0; i < LIMIT + 2; i++)
		give_long();
	ok(are_at_work(LIMIT), "as many as may be are at work");
	workers_restrain(&workers, 2, false);
	ok(are_at_work(2), "two, once there may be no more");
	workers_resize(&workers, LIMIT);
	ok(are_at_work(2), "whatever is worth it");
	workers_restrain(&workers, 2, true);
	ok(workers_paused(&workers) && are_at_work(0), "none in a pause");
	int before = passes;
	nap();
	is_int(passes, before, "nothing is done in it");
	workers_pass(&workers);
	ok(true, "a thread that is none of them passes");
	workers_restrain(&workers, 1, false);
	ok(are_at_work(1), "one");
	workers_restrain(&workers, 1000, false);
	ok(are_at_work(LIMIT), "and all again");
	workers_restrain(&workers, 1, false);
	are_at_work(1);
	enough = true;
	wait_until_idle();
	is_int(runs, LIMIT + 2, "all is done in the end, by one thread at a time");
	workers_fini(&workers);
}

/* Work that waits in the queue is begun when there may be more threads. */
static void test_raise(void)
{
	begin(LIMIT);
	enough = false;
	workers_restrain(&workers, 1, false);
	workers_resize(&workers, LIMIT);
	for (int i = 0; i < LIMIT; i++)
		give_long();
	ok(are_at_work(1), "one thread, as there may be no more");
	workers_restrain(&workers, LIMIT, false);
	workers_resize(&workers, LIMIT);
	workers_restrain(&workers, LIMIT, true);
	ok(are_at_work(0), "a pause at once");
	workers_restrain(&workers, LIMIT, false);
	ok(are_at_work(LIMIT), "then all are at work, without anything new");
	enough = true;
	wait_until_idle();
	workers_fini(&workers);
}

int main(void)
{
	test_none();
	test_one();
	test_many();
	test_wake();
	test_restrain();
	test_raise();
	return done_testing();
}
