/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a queue, and threads that are started when work comes and nobody
 * is free for it.  How many may work follows what the library has measured
 * (workers_resize): one a core on a local disk, more where every call waits for a
 * server.
 *
 * workers_want_more() is asked for each directory, so it is a look at two counters; an
 * answer that is out of date sends one too many to the queue.
 */
#include <config.h>

#include "tree/workers.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "xalloc.h"

#define get(field) atomic_load_explicit(&(field), memory_order_relaxed)

void workers_init(struct workers *workers, unsigned int limit, void (*done)(void *arg), void *arg)
{
	*workers = (struct workers){
		.lock = PTHREAD_MUTEX_INITIALIZER, .has_work = PTHREAD_COND_INITIALIZER,
		.last = &workers->first, .limit = limit, .most = limit ? 1 : 0,
		.done = done, .arg = arg,
	};
}

void workers_fini(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	workers->end = true;
	pthread_cond_broadcast(&workers->has_work);
	pthread_mutex_unlock(&workers->lock);
	for (unsigned int i = 0; i < workers->nthreads; i++)
		pthread_join(workers->threads[i], NULL);
	free(workers->threads);
}

void workers_resize(struct workers *workers, unsigned int most)
{
	if (most > workers->limit)
		most = workers->limit;
	if (most != get(workers->most))
		atomic_store_explicit(&workers->most, most, memory_order_relaxed);
}

bool workers_want_more(struct workers *workers)
{
	return get(workers->load) < get(workers->most);
}

bool workers_want_more_soon(struct workers *workers)
{
	return get(workers->load) <= get(workers->most) && get(workers->most) > 1;
}

bool workers_idle(struct workers *workers)
{
	/* Acquire: what the workers have done is seen by who asks. */
	return atomic_load_explicit(&workers->load, memory_order_acquire) == 0;
}

static struct work *take_locked(struct workers *workers)
{
	struct work *work = workers->first;

	if (work) {
		workers->first = work->next;
		if (!workers->first)
			workers->last = &workers->first;
	}
	return work;
}

static void sleep_locked(struct workers *workers)
{
	workers->idle++;
	while (!workers->woken && !workers->end)
		pthread_cond_wait(&workers->has_work, &workers->lock);
	workers->idle--;
	if (workers->woken)
		workers->woken--;
}

static void *thread_main(void *arg)
{
	struct workers *workers = arg;

	pthread_mutex_lock(&workers->lock);
	for (;;) {
		struct work *work = take_locked(workers);

		if (!work && workers->end)
			break;
		if (!work) {
			sleep_locked(workers);
			continue;
		}
		pthread_mutex_unlock(&workers->lock);
		work->run(work);
		if (atomic_fetch_sub_explicit(&workers->load, 1, memory_order_acq_rel) == 1)
			workers->done(workers->arg);
		pthread_mutex_lock(&workers->lock);
	}
	pthread_mutex_unlock(&workers->lock);
	return NULL;
}

/* One more thread; signals are the main thread's, but for that of a broken pipe. */
static bool grow_locked(struct workers *workers)
{
	sigset_t all, old;

	if (!workers->threads)
		workers->threads = xnmalloc(workers->limit, sizeof *workers->threads);
	sigfillset(&all);
	sigdelset(&all, SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int err = pthread_create(&workers->threads[workers->nthreads], NULL, thread_main, workers);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	workers->nthreads += !err;
	return !err;
}

bool workers_give(struct workers *workers, struct work *work)
{
	bool taken = true;

	pthread_mutex_lock(&workers->lock);
	if (workers->idle > workers->woken) {
		workers->woken++;
		pthread_cond_signal(&workers->has_work);
	} else if (workers->nthreads < get(workers->most)) {
		taken = grow_locked(workers) || workers->nthreads;
	} else {
		taken = workers->nthreads;
	}
	if (taken) {
		atomic_fetch_add_explicit(&workers->load, 1, memory_order_relaxed);
		work->next = NULL;
		*workers->last = work;
		workers->last = &work->next;
	}
	pthread_mutex_unlock(&workers->lock);
	return taken;
}
