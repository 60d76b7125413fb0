/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a queue, and threads that are started when work comes and none of them is free
 * for it.  How many there may be follows what the library has measured (workers_resize):
 * one for each core on a local disk, more where every call waits for a server.
 *
 * A thread is woken for each item of work: woken counts those that have been signalled and
 * do not run yet, so that two items in a row wake two threads.
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
	if (target > workers->limit)
		target = workers->limit;
	if (target != relaxed_get(workers->target))
		relaxed_set(workers->target, target);
}

bool workers_want_more(const struct workers *workers)
{
	return relaxed_get(workers->load) < relaxed_get(workers->target);
}

bool workers_want_more_soon(const struct workers *workers)
{
	unsigned int target = relaxed_get(workers->target);

	return target > 1 && relaxed_get(workers->load) <= target;
}

bool workers_idle(const struct workers *workers)
{
	/* Pairs with the release in run(). */
	return atomic_load_explicit(&workers->load, memory_order_acquire) == 0;
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
	work->run(work);
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
		struct work *work = take_locked(workers);

		if (work) {
			pthread_mutex_unlock(&workers->lock);
			run(workers, work);
			pthread_mutex_lock(&workers->lock);
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
