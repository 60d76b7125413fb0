/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a queue, and threads that are started when work comes and none of them is free
 * for it.  How many there may be follows what the library has measured (workers_resize):
 * one for each core on a local disk, more where every call waits for a server.
 *
 * A thread is woken for each item of work: woken counts those that have been signalled and
 * do not run yet, so that two items in a row wake two threads.
 *
 * Of the threads that there are no more than "cap" run work.  Where there are more, as after the
 * number was made less, those that pass workers_pass() first stand still there, with what they
 * have in hand, until others have nothing more to do; those who stand still come before work that
 * waits in the queue.  No work waits for other work, so the cap can be 1; a pause is a cap of 0.
 *
 * workers_want_more() is called for each directory, so it only compares two counters,
 * without the lock.  An answer that is out of date puts one item too many into the queue.
 */
#include <config.h>

#include "tree/workers.h"

#include <assert.h>
#include <stdlib.h>

#include "base/locked.h"
#include "base/relaxed.h"
#include "base/thread.h"
#include "xalloc.h"

void workers_init(struct workers *workers, unsigned int limit, void (*done)(void *arg),
		  void *arg)
{
	*workers = (struct workers){
		.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER,
		.go_on = PTHREAD_COND_INITIALIZER, .cap = limit,
		.last = &workers->first, .limit = limit, .target = limit ? 1 : 0,
		.done = done, .arg = arg,
	};
}

void workers_fini(struct workers *workers)
{
	assert(workers_idle(workers));
	pthread_mutex_lock(&workers->lock);
	workers->end = true;
	pthread_cond_broadcast(&workers->wake);
	pthread_mutex_unlock(&workers->lock);
	for (unsigned int i = 0; i < workers->nthreads; i++)
		pthread_join(workers->threads[i], NULL);
	assert(!workers->first && !workers->asleep && !workers->woken);
	free(workers->threads);
}

void workers_resize(struct workers *workers, unsigned int target)
{
	unsigned int cap = relaxed_get(workers->cap);

	if (target > cap)
		target = cap;
	if (target != relaxed_get(workers->target))
		relaxed_set(workers->target, target);
}

bool workers_want_more(const struct workers *workers)
{
	unsigned int target = relaxed_get(workers->target);

	return target > 1 && relaxed_get(workers->load) <= target;
}

unsigned int workers_count(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	unsigned int n = workers->nthreads;
	pthread_mutex_unlock(&workers->lock);
	return n;
}

bool workers_idle(const struct workers *workers)
{
	/* Pairs with the release in run(). */
	return atomic_load_explicit(&workers->load, memory_order_acquire) == 0;
}

/* ------------------------------------------------------------------ standing still */

/* Is this a thread of the workers, at work?  Its structure is the only one of the process. */
static _Thread_local bool at_work;

static unsigned int cap_locked(const struct workers *workers)
{
	return relaxed_get(workers->paused) ? 0 : relaxed_get(workers->cap);
}

/* The number of threads that run, or the cap, has changed. */
static void count_excess_locked(struct workers *workers)
{
	unsigned int cap = cap_locked(workers), running = workers->running;

	relaxed_set(workers->excess, running > cap ? running - cap : 0);
	if (workers->held && running < cap)
		pthread_cond_signal(&workers->go_on);
}

void workers_pass_slowly(struct workers *workers)
{
	if (!at_work)
		return;
	pthread_mutex_lock(&workers->lock);
	if (workers->running > cap_locked(workers)) {
		workers->running--;
		workers->held++;
		count_excess_locked(workers);
		while (workers->running >= cap_locked(workers))
			pthread_cond_wait(&workers->go_on, &workers->lock);
		workers->held--;
		workers->running++;
		/* There may be room for another one. */
		count_excess_locked(workers);
	}
	pthread_mutex_unlock(&workers->lock);
}

bool workers_paused(const struct workers *workers)
{
	return relaxed_get(workers->paused);
}

/* Returns true if this thread may begin with work. */
static bool may_run_locked(const struct workers *workers)
{
	return workers->running + workers->held < cap_locked(workers);
}

/* --------------------------------------------------------------------- the queue */

static void append_locked(struct workers *workers, struct work *work)
{
	assert_locked(&workers->lock);
	relaxed_add(workers->load, 1);
	work->next = NULL;
	*workers->last = work;
	workers->last = &work->next;
}

static struct work *take_locked(struct workers *workers)
{
	struct work *work = workers->first;

	assert_locked(&workers->lock);
	if (work) {
		workers->first = work->next;
		if (!workers->first)
			workers->last = &workers->first;
	}
	return work;
}

/* ------------------------------------------------------------------- the threads */

static void sleep_locked(struct workers *workers)
{
	workers->asleep++;
	while (!workers->woken && !workers->end)
		pthread_cond_wait(&workers->wake, &workers->lock);
	assert(workers->asleep > 0);
	workers->asleep--;
	if (workers->woken)
		workers->woken--;
}

/* Run work, which is freed by that. */
static void run(struct workers *workers, struct work *work)
{
	at_work = true;
	work->run(work);
	at_work = false;
	/* Release: a thread that finds workers_idle() sees all that the work has written. */
	unsigned int load = atomic_fetch_sub_explicit(&workers->load, 1, memory_order_acq_rel);
	assert(load > 0);
	if (load == 1)
		workers->done(workers->arg);
}

static void *thread_main(void *arg)
{
	struct workers *workers = arg;

	pthread_mutex_lock(&workers->lock);
	for (;;) {
		struct work *work = may_run_locked(workers) ? take_locked(workers) : NULL;

		if (work) {
			workers->running++;
			pthread_mutex_unlock(&workers->lock);
			run(workers, work);
			pthread_mutex_lock(&workers->lock);
			workers->running--;
			count_excess_locked(workers);
		} else if (!workers->end) {
			sleep_locked(workers);
		} else {
			break;
		}
	}
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

/* Start a thread, or do without if the system has none. */
static void add_thread_locked(struct workers *workers)
{
	assert(workers->nthreads < workers->limit);
	if (!workers->threads)
		workers->threads = xnmalloc(workers->limit, sizeof *workers->threads);
	if (thread_start(&workers->threads[workers->nthreads], thread_main, workers) == 0)
		workers->nthreads++;
}

/* Wake a thread for one more item of work, or start one, if possible. */
static void wake_or_start_thread_locked(struct workers *workers)
{
	assert(workers->woken <= workers->asleep);
	if (workers->asleep > workers->woken) {
		workers->woken++;
		pthread_cond_signal(&workers->wake);
	} else if (workers->nthreads < relaxed_get(workers->target)) {
		add_thread_locked(workers);
	}
}

void workers_restrain(struct workers *workers, unsigned int cap, bool paused)
{
	if (cap > workers->limit)
		cap = workers->limit;
	pthread_mutex_lock(&workers->lock);
	relaxed_set(workers->cap, cap);
	relaxed_set(workers->paused, paused);
	if (relaxed_get(workers->target) > cap)
		relaxed_set(workers->target, cap);
	count_excess_locked(workers);
	/* A thread for each piece of work that may be run now and waits */
	unsigned int free = may_run_locked(workers) ?
			    cap_locked(workers) - workers->running - workers->held : 0;
	for (const struct work *w = workers->first; w && free > 0; w = w->next, free--)
		wake_or_start_thread_locked(workers);
	pthread_mutex_unlock(&workers->lock);
}

bool workers_give(struct workers *workers, struct work *work)
{
	pthread_mutex_lock(&workers->lock);
	wake_or_start_thread_locked(workers);
	bool taken = workers->nthreads > 0;
	if (taken)
		append_locked(workers, work);
	pthread_mutex_unlock(&workers->lock);
	return taken;
}
