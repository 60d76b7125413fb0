/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: small tasks wait in lanes, one lane for each place (a directory that
 * is written to).  Threads that create files in one directory fight for its lock
 * and lose a third of their time, so a thread stays in the lane it is in while
 * that has tasks, and then takes the lane with the fewest threads in it, the
 * oldest first: only where there is no other work is a directory shared.  There
 * are few lanes: as many as directories have tasks waiting.
 *
 * Tasks are taken one at a time, never in batches: one that turns out to be
 * huge must not hold others behind it.  Big tasks wait in a queue of their own
 * and are run by threads of their own: as many as there are cores, or an eighth
 * of the threads where tasks wait.  More streams at once would only make a disk
 * seek.
 *
 * How many threads run small tasks is for scale.c to say; the rest sleep.
 *
 * A thread has the credentials, root and umask of the thread that starts it.  Those of
 * the first are noted; cookie.c sees to it that all others are started by threads with the
 * same.  What setuid() changes in all threads of the process changes in the pool's as
 * well: the thread that notices tells by cf_pool_changed().
 *
 * Wake-ups are what a queue costs.  A thread is woken only if one sleeps that
 * has not been woken already; a thread that is awake finds its next task by
 * itself.
 *
 * Everything is under one lock, held for a few dozen instructions.  The only system calls
 * under it are a wake-up, the start of a thread, and for the first thread those that tell
 * its identity.  It is the innermost of the library's locks.
 */
#include <config.h>

#include "pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "identity.h"
#include "scale.h"

/* Tasks per thread that keep it busy while the submitter does something else */
#define BACKLOG 32

/* Tasks of one lane in a row, so that a lane that is ever refilled starves none */
#define LANE_RUN 64

/* Of the threads that small tasks have where they wait, so many more run big ones. */
#define BIG_SHARE 8

/* Threads need little stack: copies keep at most a few KiB there. */
#define STACK_SIZE (256 * 1024)

struct cf_queue {
	struct cf_queue *next;
	uint64_t place;
	struct cf_task *first, *last;
	unsigned int threads;		/* that work on tasks from here */
};

static struct pool {
	pthread_mutex_t lock;
	pthread_cond_t work;		/* there is a task to take, or stop */
	struct cf_queue *lanes;		/* oldest first */
	struct cf_queue *spare;		/* empty ones, to use again */
	struct cf_queue big;
	pthread_t *threads;
	unsigned int nthreads, peak;
	struct cf_identity identity;	/* of the threads, as last seen */
	_Atomic pid_t tid;		/* of one of them; 0: none runs yet */
	unsigned int idle;		/* threads asleep */
	unsigned int woken;		/* of those, about to wake */
	unsigned int reserved;		/* threads that others have of their own */
	unsigned int queued;		/* tasks in all lanes */
	struct cf_pool_limits limits;	/* of the last submit */
	struct cf_scale scale;
	bool starved;			/* a thread slept since the last task ended */
	bool stop;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER };

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

/* -------------------------------------------------------------- queues */

static struct cf_queue *lane_of_locked(uint64_t place)
{
	struct cf_queue **l = &pool.lanes, *lane;

	for (; *l; l = &(*l)->next)
		if ((*l)->place == place)
			return *l;
	lane = pool.spare;
	if (lane)
		pool.spare = lane->next;
	else if (!(lane = malloc(sizeof *lane)))
		return NULL;
	*lane = (struct cf_queue){ .place = place };
	*l = lane;
	return lane;
}

/* A lane goes when it has neither tasks nor threads. */
static void drop_lane_locked(struct cf_queue *lane)
{
	struct cf_queue **l = &pool.lanes;

	if (lane == &pool.big || lane->first || lane->threads)
		return;
	while (*l != lane)
		l = &(*l)->next;
	*l = lane->next;
	lane->next = pool.spare;
	pool.spare = lane;
}

static void enqueue_locked(struct cf_queue *q, struct cf_task *task)
{
	task->queue = q;
	task->next = NULL;
	task->prev = q->last;
	*(q->last ? &q->last->next : &q->first) = task;
	q->last = task;
	pool.queued += q != &pool.big;
}

static void dequeue_locked(struct cf_task *task)
{
	struct cf_queue *q = task->queue;

	*(task->prev ? &task->prev->next : &q->first) = task->next;
	*(task->next ? &task->next->prev : &q->last) = task->prev;
	task->queue = NULL;
	pool.queued -= q != &pool.big;
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

/* Could one more thread run a big task?  ours: the one that asks has just ended one. */
static bool may_run_big_locked(bool ours)
{
	return pool.big.threads - ours < most_big_locked();
}

/* Threads that are awake, or about to be, and not in a big task */
static unsigned int working_locked(void)
{
	return pool.nthreads - (pool.idle - pool.woken) - pool.big.threads;
}

static unsigned int most_working_locked(void)
{
	return pool.scale.target ? pool.scale.target : 1;
}

/* The queue that this thread works on, or NULL */
static _Thread_local struct cf_queue *mine;

/* The queue to go to; the same one again if stay.  NULL if there is nothing to do. */
static struct cf_queue *best_queue_locked(bool stay)
{
	struct cf_queue *best = NULL;
	bool was_big = mine == &pool.big;

	if (pool.big.first && may_run_big_locked(was_big))
		return &pool.big;
	/* One too many, after the end of a big task or a decision, rests. */
	if (working_locked() + was_big > most_working_locked())
		return NULL;
	if (stay && mine && !was_big && mine->first)
		return mine;
	for (struct cf_queue *l = pool.lanes; l; l = l->next)
		if (l->first && (!best || l->threads < best->threads))
			best = l;
	return best;
}

/* ------------------------------------------------------------ threads */

static void sleep_locked(void)
{
	pool.starved = true;
	pool.idle++;
	while (!pool.woken && !pool.stop)
		pthread_cond_wait(&pool.work, &pool.lock);
	pool.idle--;
	if (pool.woken)
		pool.woken--;
}

static void leave_locked(struct cf_queue *q)
{
	if (!q)
		return;
	q->threads--;
	drop_lane_locked(q);
}

static void run_locked(struct cf_task *task)
{
	dequeue_locked(task);
	pthread_mutex_unlock(&pool.lock);
	unsigned int work = task->run(task);
	pthread_mutex_lock(&pool.lock);
	if (mine == &pool.big)
		return;
	cf_scale_ended(&pool.scale, work, pool.starved, now());
	pool.starved = false;
}

static int add_thread_locked(void);

static void *thread_main(void *arg)
{
	unsigned int run = 0;

	(void)arg;
	atomic_store(&pool.tid, cf_identity_thread());
	pthread_mutex_lock(&pool.lock);
	for (;;) {
		struct cf_queue *next = best_queue_locked(run < LANE_RUN);

		if (next != mine) {
			struct cf_queue *left = mine;

			if (next)
				next->threads++;
			mine = next;
			run = 0;
			leave_locked(left);
		}
		if (next) {
			run = next->first->next ? run + 1 : 0;
			/* After a decision there may be more to wake than a submit would. */
			if (pool.queued > 1 && working_locked() < most_working_locked())
				(void)add_thread_locked();
			run_locked(next->first);
		} else if (pool.stop) {
			break;
		} else {
			sleep_locked();
		}
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
	if (!pool.nthreads)
		cf_identity_get(&pool.identity);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int r = -pthread_create(&threads[pool.nthreads], &attr, thread_main, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	if (r == 0)
		pool.nthreads++;
	if (pool.nthreads > pool.peak)
		pool.peak = pool.nthreads;
	return r;
}

/* One more thread: woken or, failing that, started, if there may be one. */
static int add_thread_locked(void)
{
	if (pool.idle > pool.woken) {
		pool.woken++;
		pthread_cond_signal(&pool.work);
		return 0;
	}
	return pool.nthreads < pool.limits.most ? grow_locked() : 0;
}

/* For a task that is about to be queued in q: -errno if it needs one, in vain. */
static int man_locked(const struct cf_queue *q)
{
	bool wanted = q == &pool.big ? may_run_big_locked(false)
				     : working_locked() < most_working_locked();

	return wanted ? add_thread_locked() : 0;
}

/* ------------------------------------------------------- entry points */

int cf_pool_submit(struct cf_task *task, struct cf_pool_limits limits)
{
	int r = 0;

	pthread_mutex_lock(&pool.lock);
	pool.limits = limits;
	cf_scale_expect(&pool.scale, limits.waits ? limits.least : limits.spare, limits.most,
			limits.waits, limits.crowded, now());
	struct cf_queue *q = task->big ? &pool.big : lane_of_locked(task->place);
	if (!q)
		r = -ENOMEM;
	else if (man_locked(q) < 0 && !pool.nthreads)
		/* With at least one thread, one more is a wish, not a need. */
		r = -ENOMEM;
	if (r == 0)
		enqueue_locked(q, task);
	else if (q)
		drop_lane_locked(q);
	pthread_mutex_unlock(&pool.lock);
	return r;
}

bool cf_pool_alike(const struct cf_identity *who)
{
	pid_t tid;

	pthread_mutex_lock(&pool.lock);
	bool any = pool.nthreads, alike = cf_identity_same(&pool.identity, who);
	pthread_mutex_unlock(&pool.lock);
	if (!any || !alike)
		return !any;
	/* The first thread stores its number before it does anything else. */
	while (!(tid = atomic_load(&pool.tid)))
		sched_yield();
	return cf_identity_shares_fs(tid);
}

void cf_pool_changed(const struct cf_identity *who)
{
	pthread_mutex_lock(&pool.lock);
	pool.identity = *who;
	pthread_mutex_unlock(&pool.lock);
}

bool cf_pool_begin_big(void)
{
	pthread_mutex_lock(&pool.lock);
	bool go = mine == &pool.big || may_run_big_locked(false);
	if (go && mine != &pool.big) {
		leave_locked(mine);
		mine = &pool.big;
		mine->threads++;
		/* Another thread takes its place. */
		if (pool.queued && working_locked() < most_working_locked())
			(void)add_thread_locked();
	}
	pthread_mutex_unlock(&pool.lock);
	return go;
}

void cf_pool_requeue_big(struct cf_task *task)
{
	pthread_mutex_lock(&pool.lock);
	task->big = true;
	enqueue_locked(&pool.big, task);
	pthread_mutex_unlock(&pool.lock);
}

bool cf_pool_remove(struct cf_task *task)
{
	pthread_mutex_lock(&pool.lock);
	struct cf_queue *q = task->queue;
	if (q) {
		dequeue_locked(task);
		drop_lane_locked(q);
	}
	pthread_mutex_unlock(&pool.lock);
	return q;
}

bool cf_pool_reserve_thread(void)
{
	pthread_mutex_lock(&pool.lock);
	/* Those asleep do not count. */
	bool may = pool.nthreads - pool.idle + pool.reserved < pool.limits.most;
	pool.reserved += may;
	pthread_mutex_unlock(&pool.lock);
	return may;
}

void cf_pool_release_thread(void)
{
	pthread_mutex_lock(&pool.lock);
	pool.reserved--;
	pthread_mutex_unlock(&pool.lock);
}

bool cf_pool_wants_work(struct cf_pool_limits limits)
{
	pthread_mutex_lock(&pool.lock);
	/* Who is at work on a big task has a core as well. */
	unsigned int big = pool.big.threads;
	bool wants = limits.spare > big && pool.queued < BACKLOG * (limits.spare - big);
	pthread_mutex_unlock(&pool.lock);
	return wants;
}

void cf_pool_look(void (*copy)(const struct cf_pool_view *view, void *arg), void *arg)
{
	pthread_mutex_lock(&pool.lock);
	const struct cf_pool_view view = {
		.scale = &pool.scale, .threads = pool.nthreads, .peak = pool.peak,
		.big = pool.big.threads,
	};
	copy(&view, arg);
	pthread_mutex_unlock(&pool.lock);
}

static void forget_threads(void)
{
	free(pool.threads);
	pool.threads = NULL;
	pool.nthreads = pool.idle = pool.woken = pool.reserved = pool.big.threads = 0;
	pool.tid = 0;
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
	for (struct cf_queue *l = pool.spare, *next; l; l = next) {
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
	for (struct cf_queue *l = pool.lanes, *next; l; l = next) {
		next = l->next;
		free(l);
	}
	pool.lanes = NULL;
	pool.big = (struct cf_queue){ 0 };
	pool.queued = 0;
	forget_threads();
	/* Threads that are not here any more may have slept on it. */
	pthread_cond_init(&pool.work, NULL);
	pthread_mutex_unlock(&pool.lock);
}
