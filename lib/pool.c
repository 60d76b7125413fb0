/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: tasks wait in lanes (lanes.h), from which threads take them.
 *
 *	client 1    small, directory a   o o o o o   <-- thread, thread
 *	            small, directory b   o o         <-- thread
 *	            big                  O O O       <-- thread
 *	client 2    small, directory a   o           <-- thread, thread
 *	            big                              (asleep: two threads)
 *
 * A thread takes one task at a time, never a batch: a task that turns out to be
 * huge must not hold others behind it.  With each task the clients are compared
 * anew, so that none of them waits for longer than its share of the threads demands.
 *
 * Big tasks are run by threads of their own: as many as there are cores, or an eighth
 * of the threads where tasks wait.  More streams at once would only make a disk
 * seek.  How many threads run small tasks, scale.c decides; the rest sleep.
 *
 * A thread has the credentials, root and umask of the thread that starts it.  The
 * identity of the first thread is noted; cookie.c makes sure that all others are started
 * by threads with the same identity.  setuid() and its kin change the threads of the pool
 * as well: the thread that notices calls cf_pool_changed().
 *
 * Wake-ups are the main cost of a queue.  A thread is woken only if one sleeps that
 * has not been woken already; a thread that is awake finds its next task by
 * itself.
 *
 * One lock protects everything, and is held for a few dozen instructions.  The only system
 * calls under it are a wake-up, the start of a thread, and for the first thread those that
 * tell its identity.  It is the innermost of the library's locks.
 */
#include <config.h>

#include "pool.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "identity.h"
#include "lanes.h"
#include "relaxed.h"
#include "scale.h"
#include "thread.h"

/* Tasks per thread that keep it busy while the submitter does something else */
#define BACKLOG 32

/* Most tasks of one lane in a row: a lane that is refilled for ever must starve no other. */
#define LANE_BATCH 64

/* Where tasks wait, there is one thread for big tasks for each so many for small ones. */
#define BIG_SHARE 8

static struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work;		/* signalled when a task can be taken, or stop is set */
	struct cf_lanes lanes;
	pthread_t *threads;
	unsigned int nthreads, peak;
	struct cf_identity identity;	/* of the threads, as last seen */
	_Atomic pid_t tid;		/* of one of them; 0: none runs yet */
	unsigned int idle;		/* threads asleep */
	unsigned int woken;		/* of those, about to wake */
	unsigned int parked;		/* threads whose task stands still, or waits for long */
	unsigned int reserved;		/* threads of others; see cf_pool_reserve_thread() */
	struct cf_pool_limits limits;	/* of the last submit */
	struct cf_scale scale;
	bool starved;			/* a thread slept since the last task ended */
	bool stop;
	/* What cf_pool_load() returns */
	atomic_uint shown_target, shown_big, shown_waits, shown_busy;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER };

/* What this thread does.  Only holds_lock is for threads that are not of the pool, too. */
static _Thread_local struct {
	bool holds_lock;
	struct cf_lane *lane;		/* that it works on, or NULL */
	unsigned int batch;		/* tasks in a row from there */
	int64_t free_since;		/* when its last task or its sleep ended; see cf_now() */
} self;

static void lock_pool(void)
{
	assert(!self.holds_lock);
	pthread_mutex_lock(&pool.lock);
	self.holds_lock = true;
}

static void show(atomic_uint *shown, unsigned int n)
{
	if (cf_relaxed_get(*shown) != n)
		cf_relaxed_set(*shown, n);
}

/* Returns true if a task waits or runs. */
static bool has_tasks_locked(void)
{
	const struct cf_lanes *l = &pool.lanes;

	return l->queued[CF_SMALL] || l->threads[CF_SMALL] || l->queued[CF_BIG] ||
	       l->threads[CF_BIG];
}

/* Called before the lock is released, by unlocking or by sleeping */
static void show_load_locked(void)
{
	show(&pool.shown_target, pool.scale.target);
	show(&pool.shown_waits, pool.scale.waits);
	show(&pool.shown_big, pool.lanes.threads[CF_BIG]);
	show(&pool.shown_busy, has_tasks_locked());
}

static void unlock_pool(void)
{
	assert(self.holds_lock);
	show_load_locked();
	assert(pool.woken <= pool.idle && pool.idle + pool.parked <= pool.nthreads);
	self.holds_lock = false;
	pthread_mutex_unlock(&pool.lock);
}

/* ------------------------------------------------------------ who works */

static unsigned int most_big_locked(void)
{
	unsigned int n = pool.limits.least;

	if (pool.scale.waits && pool.scale.target / BIG_SHARE > n)
		n = pool.scale.target / BIG_SHARE;
	/* Where the number of threads is fixed, one is kept for small tasks. */
	if (n >= pool.limits.most)
		n = pool.limits.most - 1;
	return n ? n : 1;
}

/* Returns true if this thread works on big tasks. */
static bool is_at_big(void)
{
	return self.lane && self.lane->kind == CF_BIG;
}

/* Returns true if one more thread may run a big task.  ours: this thread has just ended one. */
static bool may_run_big_locked(bool ours)
{
	return pool.lanes.threads[CF_BIG] - ours < most_big_locked();
}

/* Threads that are awake, or about to be, and not parked */
static unsigned int awake_locked(void)
{
	unsigned int resting = pool.idle - pool.woken + pool.parked;

	assert(self.holds_lock && resting <= pool.nthreads);
	return pool.nthreads - resting;
}

/* Threads that are awake, not parked, and not at work on a big task */
static unsigned int working_locked(void)
{
	return awake_locked() - pool.lanes.threads[CF_BIG];
}

static unsigned int most_working_locked(void)
{
	return pool.scale.target ? pool.scale.target : 1;
}

/* The lane in which this thread goes on, or NULL if there is nothing for it to do */
static struct cf_lane *next_lane_locked(void)
{
	bool was_big = is_at_big(), stay = self.batch < LANE_BATCH;
	/* A single thread takes turns. */
	bool small_first = was_big && pool.limits.most == 1 && pool.lanes.queued[CF_SMALL];

	/* After a task that stood still has gone on, there is one thread too many: it rests. */
	if (awake_locked() > pool.limits.most)
		return NULL;
	if (pool.lanes.queued[CF_BIG] && may_run_big_locked(was_big) && !small_first)
		return cf_lanes_next(&pool.lanes, CF_BIG, self.lane, stay);
	/* So there is after the end of a big task, or after a decision. */
	if (working_locked() + was_big > most_working_locked())
		return NULL;
	return cf_lanes_next(&pool.lanes, CF_SMALL, self.lane, stay);
}

/* ------------------------------------------------------------ threads */

static void sleep_locked(void)
{
	assert(self.holds_lock && !self.lane);
	pool.starved = true;
	pool.idle++;
	show_load_locked();
	while (!pool.woken && !pool.stop)
		pthread_cond_wait(&pool.work, &pool.lock);
	pool.idle--;
	if (pool.woken)
		pool.woken--;
	self.free_since = cf_now();
}

/* From now on this thread works in lane; NULL: in none. */
static void move_to_locked(struct cf_lane *lane)
{
	struct cf_lane *left = self.lane;

	if (lane == left)
		return;
	if (lane)
		cf_lanes_enter(&pool.lanes, lane);
	if (left)
		cf_lanes_leave(&pool.lanes, left);
	self.lane = lane;
	self.batch = 0;
}

static int provide_thread_locked(void);

static void run_locked(struct cf_task *task)
{
	cf_lanes_remove(&pool.lanes, task);
	/* After a decision there may be more threads to wake than a submit would. */
	(void)provide_thread_locked();
	unlock_pool();
	unsigned int work = task->run(task);
	lock_pool();
	int64_t ended = cf_now(), took = ended - self.free_since;
	cf_lanes_charge(self.lane, took);
	self.free_since = ended;
	if (is_at_big())
		return;
	cf_scale_ended(&pool.scale, took, work, pool.starved, ended);
	pool.starved = false;
}

static void *thread_main(void *arg)
{
	(void)arg;
	atomic_store(&pool.tid, cf_identity_thread());
	self.free_since = cf_now();
	lock_pool();
	for (;;) {
		struct cf_lane *lane = next_lane_locked();

		move_to_locked(lane);
		if (lane) {
			self.batch = lane->first->next ? self.batch + 1 : 0;
			run_locked(lane->first);
		} else if (pool.stop) {
			break;
		} else {
			sleep_locked();
		}
	}
	unlock_pool();
	return NULL;
}

/* Start one more thread.  Returns 0 or -errno. */
static int grow_locked(void)
{
	pthread_t *threads = realloc(pool.threads, (pool.nthreads + 1) * sizeof *threads);

	assert(awake_locked() < pool.limits.most);
	if (!threads)
		return -ENOMEM;
	pool.threads = threads;
	if (!pool.nthreads)
		cf_identity_get(&pool.identity);
	int r = cf_thread_start(&threads[pool.nthreads], thread_main, NULL);
	if (r == 0)
		pool.nthreads++;
	if (pool.nthreads > pool.peak)
		pool.peak = pool.nthreads;
	return r;
}

static unsigned int lesser(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Of the tasks of a kind: how many more could run now, if at most `most` of them may */
static unsigned int runnable_locked(enum cf_kind kind, unsigned int most)
{
	unsigned int running = pool.lanes.threads[kind];

	return running < most ? lesser(pool.lanes.queued[kind], most - running) : 0;
}

/* Returns true if a task waits that one more thread may run, and none is on its way to it. */
static bool wants_thread_locked(void)
{
	unsigned int awake = awake_locked();
	unsigned int on_the_way = awake - pool.lanes.threads[CF_BIG] - pool.lanes.threads[CF_SMALL];

	return awake < pool.limits.most &&
	       runnable_locked(CF_BIG, most_big_locked()) +
	       runnable_locked(CF_SMALL, most_working_locked()) > on_the_way;
}

/* Wake a thread that sleeps.  Returns false if there is none. */
static bool wake_locked(void)
{
	if (pool.idle == pool.woken)
		return false;
	pool.woken++;
	pthread_cond_signal(&pool.work);
	return true;
}

/* Wake or start a thread if one more is wanted.  Returns -errno if it cannot be started. */
static int provide_thread_locked(void)
{
	return !wants_thread_locked() || wake_locked() ? 0 : grow_locked();
}

/* Returns true if no thread can take a task before a task that stands still goes on. */
static bool all_parked_locked(void)
{
	return pool.parked == pool.nthreads;
}

/* ------------------------------------------------------- entry points */

int cf_pool_submit(struct cf_task *task, struct cf_pool_limits limits)
{
	lock_pool();
	pool.limits = limits;
	pool.scale.first = limits.demand;
	cf_scale_expect(&pool.scale, limits.waits ? limits.least : limits.spare, limits.most,
			limits.waits, limits.crowded, cf_now());
	int r = cf_lanes_put(&pool.lanes, task);
	/* One more thread is only needed if there is none to run the task. */
	if (r == 0 && provide_thread_locked() < 0 && all_parked_locked()) {
		cf_lanes_remove(&pool.lanes, task);
		r = -ENOMEM;
	}
	unlock_pool();
	return r;
}

void cf_pool_limit(unsigned int fixed, bool alike)
{
	lock_pool();
	if (fixed && pool.scale.started) {
		pool.limits.least = pool.limits.most = fixed;
		cf_scale_expect(&pool.scale, fixed, fixed, pool.scale.waits, false, cf_now());
	}
	while (wants_thread_locked() && (wake_locked() || (alike && grow_locked() == 0)))
		;
	unlock_pool();
}

void cf_pool_worked(struct cf_pool_limits limits, int64_t took)
{
	int64_t now = cf_now();

	lock_pool();
	/* The rate of other work says nothing of tasks, and the trials are for these. */
	if (!has_tasks_locked()) {
		pool.scale.first = limits.demand;
		cf_scale_expect(&pool.scale, limits.least, limits.most, limits.waits,
				limits.crowded, now);
		cf_scale_ended(&pool.scale, took, 1, false, now);
	}
	unlock_pool();
}

bool cf_pool_alike(const struct cf_identity *who)
{
	pid_t tid;

	lock_pool();
	bool any = pool.nthreads, alike = cf_identity_same(&pool.identity, who);
	unlock_pool();
	if (!any || !alike)
		return !any;
	/* The first thread stores its number before it does anything else. */
	while (!(tid = atomic_load(&pool.tid)))
		sched_yield();
	return cf_identity_shares_fs(tid);
}

void cf_pool_changed(const struct cf_identity *who)
{
	lock_pool();
	pool.identity = *who;
	unlock_pool();
}

bool cf_pool_begin_big(void)
{
	assert(self.lane);
	lock_pool();
	bool go = is_at_big() || may_run_big_locked(false);
	if (go && !is_at_big()) {
		move_to_locked(cf_lanes_big(self.lane));
		/* Another thread takes its place. */
		(void)provide_thread_locked();
	}
	unlock_pool();
	return go;
}

void cf_pool_requeue_big(struct cf_task *task)
{
	lock_pool();
	task->big = true;
	int r = cf_lanes_put(&pool.lanes, task);
	/* This thread is in a lane of the client, so that is known already. */
	assert(r == 0);
	(void)r;
	unlock_pool();
}

bool cf_pool_remove(struct cf_task *task)
{
	lock_pool();
	bool waits = task->lane;
	if (waits)
		cf_lanes_remove(&pool.lanes, task);
	unlock_pool();
	return waits;
}

int cf_pool_put_back(struct cf_task *task)
{
	lock_pool();
	int r = all_parked_locked() ? -ENOMEM : cf_lanes_put(&pool.lanes, task);
	if (r == 0 && wants_thread_locked())
		(void)wake_locked();
	unlock_pool();
	return r;
}

bool cf_pool_reserve_thread(void)
{
	lock_pool();
	/* Those asleep do not count. */
	bool may = pool.nthreads - pool.idle - pool.parked + pool.reserved < pool.limits.most;
	pool.reserved += may;
	unlock_pool();
	return may;
}

void cf_pool_release_thread(void)
{
	lock_pool();
	assert(pool.reserved);
	pool.reserved--;
	unlock_pool();
}

bool cf_pool_is_worker(void)
{
	return self.lane;
}

void cf_pool_park(void)
{
	lock_pool();
	if (self.lane) {
		assert(!pool.stop);
		cf_lanes_charge(self.lane, cf_now() - self.free_since);
		cf_lanes_park(&pool.lanes, self.lane);
		pool.parked++;
		(void)provide_thread_locked();
		/* cf_pool_put_back() finds a thread. */
		if (all_parked_locked())
			(void)grow_locked();
	} else {
		assert(pool.reserved);
		pool.reserved--;
	}
	unlock_pool();
}

void cf_pool_unpark(void)
{
	lock_pool();
	if (self.lane) {
		assert(pool.parked);
		pool.parked--;
		cf_lanes_unpark(&pool.lanes, self.lane);
		self.free_since = cf_now();
	} else {
		pool.reserved++;
	}
	unlock_pool();
}

bool cf_pool_wants_work(struct cf_pool_limits limits)
{
	lock_pool();
	/* A thread that is at work on a big task has a core as well. */
	unsigned int big = pool.lanes.threads[CF_BIG], queued = pool.lanes.queued[CF_SMALL];
	bool wants = limits.spare > big && queued < BACKLOG * (limits.spare - big);
	unlock_pool();
	return wants;
}

struct cf_pool_load cf_pool_load(void)
{
	return (struct cf_pool_load){
		.target = cf_relaxed_get(pool.shown_target),
		.waits = cf_relaxed_get(pool.shown_waits),
		.big = cf_relaxed_get(pool.shown_big),
		.idle = !cf_relaxed_get(pool.shown_busy),
	};
}

void cf_pool_look(void (*copy)(const struct cf_pool_view *view, void *arg), void *arg)
{
	lock_pool();
	const struct cf_pool_view view = {
		.scale = &pool.scale, .threads = pool.nthreads, .peak = pool.peak,
		.big = pool.lanes.threads[CF_BIG],
	};
	copy(&view, arg);
	unlock_pool();
}

static void forget_threads_locked(void)
{
	free(pool.threads);
	pool.threads = NULL;
	pool.nthreads = pool.idle = pool.woken = pool.parked = 0;
	pool.tid = 0;
	pool.stop = false;
}

/* The threads end while the lock is free, which each of them takes once more. */
void cf_pool_stop(void)
{
	lock_pool();
	pool.stop = true;
	pthread_cond_broadcast(&pool.work);
	pthread_t *threads = pool.threads;
	unsigned int n = pool.nthreads;
	unlock_pool();
	for (unsigned int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	lock_pool();
	assert(!pool.lanes.clients && pool.nthreads == n);
	forget_threads_locked();
	cf_lanes_trim(&pool.lanes);
	unlock_pool();
}

void cf_pool_fork_prepare(void)
{
	lock_pool();
}

void cf_pool_fork_parent(void)
{
	unlock_pool();
}

void cf_pool_fork_child(void)
{
	/* The tasks belong to cookies that the child does not have. */
	cf_lanes_clear(&pool.lanes);
	forget_threads_locked();
	pool.reserved = 0;
	/* The parent's threads, which the child does not have, may have slept on it. */
	pthread_cond_init(&pool.work, NULL);
	unlock_pool();
}
