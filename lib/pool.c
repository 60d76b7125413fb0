/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: tasks wait in lanes, one lane for each place (a directory that is
 * written to).  Threads that create files in one directory fight for its lock
 * and lose a third of their time, so a thread stays in the lane it is in while
 * that has tasks, and then takes the lane with the fewest threads in it, the
 * oldest first.  There are few lanes: as many as directories have tasks waiting.
 *
 * Tasks are taken one at a time, never in batches: one that turns out to be
 * huge must not hold others behind it.  A thread that says so is replaced
 * meanwhile.
 *
 * Wake-ups are what a queue costs.  A thread is woken only if one sleeps that
 * has not been woken already; a thread that is awake finds its next task by
 * itself.
 *
 * Everything is under one lock, held for a few dozen instructions; no system
 * call but a wake-up and the start of a thread is made under it.  It is the
 * innermost of the library's locks.
 */
#include <config.h>

#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Tasks per thread that keep it busy while the submitter does something else */
#define BACKLOG 32

/* Tasks of one lane in a row, so that a lane that is ever refilled starves none */
#define LANE_RUN 64

/* Threads need little stack: copies keep at most a few KiB there. */
#define STACK_SIZE (256 * 1024)

struct cf_lane {
	struct cf_lane *next;
	uint64_t place;
	struct cf_task *first, *last;
	unsigned int threads;		/* that work on tasks of this lane */
};

static struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work;		/* there is a task to take, or stop */
	struct cf_lane *lanes;		/* oldest first */
	struct cf_lane *spare;		/* empty ones, to use again */
	pthread_t *threads;
	unsigned int nthreads;
	unsigned int idle;		/* threads asleep */
	unsigned int woken;		/* of those, about to wake */
	unsigned int queued;		/* tasks in all lanes */
	unsigned int in_long;		/* threads in a task that takes long */
	struct cf_pool_limits limits;	/* of the last submit */
	bool stop;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER };

/* -------------------------------------------------------------- lanes */

static struct cf_lane *lane_of_locked(uint64_t place)
{
	struct cf_lane **l = &pool.lanes, *lane;

	for (; *l; l = &(*l)->next)
		if ((*l)->place == place)
			return *l;
	lane = pool.spare;
	if (lane)
		pool.spare = lane->next;
	else if (!(lane = malloc(sizeof *lane)))
		return NULL;
	*lane = (struct cf_lane){ .place = place };
	*l = lane;
	return lane;
}

/* A lane goes when it has neither tasks nor threads. */
static void drop_lane_locked(struct cf_lane *lane)
{
	struct cf_lane **l = &pool.lanes;

	if (lane->first || lane->threads)
		return;
	while (*l != lane)
		l = &(*l)->next;
	*l = lane->next;
	lane->next = pool.spare;
	pool.spare = lane;
}

static void enqueue_locked(struct cf_lane *lane, struct cf_task *task)
{
	task->lane = lane;
	task->next = NULL;
	task->prev = lane->last;
	*(lane->last ? &lane->last->next : &lane->first) = task;
	lane->last = task;
	pool.queued++;
}

static void dequeue_locked(struct cf_task *task)
{
	struct cf_lane *lane = task->lane;

	*(task->prev ? &task->prev->next : &lane->first) = task->next;
	*(task->next ? &task->next->prev : &lane->last) = task->prev;
	task->lane = NULL;
	pool.queued--;
}

/* The lane to go to from mine (may be NULL); NULL if there is nothing to do. */
static struct cf_lane *best_lane_locked(struct cf_lane *mine)
{
	struct cf_lane *best = NULL;

	if (mine && mine->first)
		return mine;
	for (struct cf_lane *l = pool.lanes; l; l = l->next)
		if (l->first && (!best || l->threads < best->threads))
			best = l;
	return best;
}

/* ------------------------------------------------------------ threads */

/* Threads that work, or are about to, and count against the limit */
static unsigned int working_locked(void)
{
	return pool.nthreads - (pool.idle - pool.woken) - pool.in_long;
}

static void sleep_locked(void)
{
	pool.idle++;
	while (!pool.woken && !pool.stop)
		pthread_cond_wait(&pool.work, &pool.lock);
	pool.idle--;
	if (pool.woken)
		pool.woken--;
}

static void *thread_main(void *arg)
{
	struct cf_lane *mine = NULL;
	unsigned int run = 0;

	(void)arg;
	pthread_mutex_lock(&pool.lock);
	for (;;) {
		/* One too many, after the end of a long task, rests. */
		struct cf_lane *lane = working_locked() > pool.limits.busy ? NULL :
				       best_lane_locked(run < LANE_RUN ? mine : NULL);

		if (lane != mine) {
			struct cf_lane *left = mine;

			if (lane)
				lane->threads++;
			mine = lane;
			run = 0;
			if (left) {
				left->threads--;
				drop_lane_locked(left);
			}
		}
		if (!lane) {
			if (pool.stop)
				break;
			sleep_locked();
			continue;
		}
		struct cf_task *task = lane->first;
		dequeue_locked(task);
		run = lane->first ? run + 1 : 0;
		pthread_mutex_unlock(&pool.lock);
		task->run(task);
		pthread_mutex_lock(&pool.lock);
	}
	pthread_mutex_unlock(&pool.lock);
	return NULL;
}

/* Start one more thread, with all signals blocked: they are the program's. */
static int grow_locked(void)
{
	pthread_t *threads = realloc(pool.threads, (pool.nthreads + 1) * sizeof *threads);
	pthread_attr_t attr;
	sigset_t all, old;

	if (!threads)
		return -ENOMEM;
	pool.threads = threads;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int r = -pthread_create(&threads[pool.nthreads], &attr, thread_main, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	if (r == 0)
		pool.nthreads++;
	return r;
}

/* ------------------------------------------------------- entry points */

/*
 * One more thread for what is queued, if there may be one: woken or, failing
 * that, started.  -errno if it should have been started and could not.
 */
static int add_thread_locked(void)
{
	if (working_locked() >= pool.limits.busy)
		return 0;
	if (pool.idle > pool.woken) {
		pool.woken++;
		pthread_cond_signal(&pool.work);
		return 0;
	}
	return pool.nthreads < pool.limits.all ? grow_locked() : 0;
}

void cf_pool_long_begin(void)
{
	pthread_mutex_lock(&pool.lock);
	pool.in_long++;
	if (pool.queued)
		(void)add_thread_locked();
	pthread_mutex_unlock(&pool.lock);
}

void cf_pool_long_end(void)
{
	pthread_mutex_lock(&pool.lock);
	pool.in_long--;
	pthread_mutex_unlock(&pool.lock);
}

int cf_pool_submit(struct cf_task *task, struct cf_pool_limits limits)
{
	int r = 0;

	pthread_mutex_lock(&pool.lock);
	pool.limits = limits;
	struct cf_lane *lane = lane_of_locked(task->place);
	if (!lane)
		r = -ENOMEM;
	else if (add_thread_locked() < 0 && !pool.nthreads)
		/* With at least one thread, one more is a wish, not a need. */
		r = -ENOMEM;
	if (r == 0)
		enqueue_locked(lane, task);
	else if (lane)
		drop_lane_locked(lane);
	pthread_mutex_unlock(&pool.lock);
	return r;
}

bool cf_pool_remove(struct cf_task *task)
{
	pthread_mutex_lock(&pool.lock);
	struct cf_lane *lane = task->lane;
	if (lane) {
		dequeue_locked(task);
		drop_lane_locked(lane);
	}
	pthread_mutex_unlock(&pool.lock);
	return lane;
}

bool cf_pool_hungry(struct cf_pool_limits limits)
{
	pthread_mutex_lock(&pool.lock);
	unsigned int threads = pool.nthreads > pool.in_long ? pool.nthreads - pool.in_long
							    : limits.busy;
	bool hungry = pool.queued < BACKLOG * threads;
	pthread_mutex_unlock(&pool.lock);
	return hungry;
}

static void forget_threads(void)
{
	free(pool.threads);
	pool.threads = NULL;
	pool.nthreads = pool.idle = pool.woken = pool.in_long = 0;
	pool.stop = false;
}

void cf_pool_stop(void)
{
	pthread_mutex_lock(&pool.lock);
	pool.stop = true;
	pthread_cond_broadcast(&pool.work);
	pthread_mutex_unlock(&pool.lock);
	for (unsigned int i = 0; i < pool.nthreads; i++)
		pthread_join(pool.threads[i], NULL);
	forget_threads();
	for (struct cf_lane *l = pool.spare, *next; l; l = next) {
		next = l->next;
		free(l);
	}
	pool.spare = NULL;
}

void cf_pool_fork_prepare(void)
{
	pthread_mutex_lock(&pool.lock);
}

void cf_pool_fork_parent(void)
{
	pthread_mutex_unlock(&pool.lock);
}

void cf_pool_fork_child(void)
{
	/* The tasks belong to cookies that the child does not have. */
	for (struct cf_lane *l = pool.lanes, *next; l; l = next) {
		next = l->next;
		free(l);
	}
	pool.lanes = NULL;
	pool.queued = 0;
	forget_threads();
	/* Threads that are not here any more may have slept on it. */
	pthread_cond_init(&pool.work, NULL);
	pthread_mutex_unlock(&pool.lock);
}
