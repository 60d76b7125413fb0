/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a queue, and threads that are started when a chore comes and nobody
 * is free for it.  How many may work follows what the library has measured
 * (crew_resize): one a core on a local disk, more where every call waits for a
 * server.
 *
 * crew_wants() is asked for each directory, so it is a look at two counters; an
 * answer that is out of date sends one chore too many to the queue.
 */
#include <config.h>

#include "tree/workers.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "xalloc.h"

#define get(field) atomic_load_explicit(&(field), memory_order_relaxed)

void crew_init(struct crew *crew, unsigned int limit)
{
	*crew = (struct crew){
		.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER,
		.last = &crew->first, .limit = limit, .most = limit ? 1 : 0,
	};
}

void crew_fini(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	crew->end = true;
	pthread_cond_broadcast(&crew->work);
	pthread_mutex_unlock(&crew->lock);
	for (unsigned int i = 0; i < crew->nthreads; i++)
		pthread_join(crew->threads[i], NULL);
	free(crew->threads);
}

void crew_resize(struct crew *crew, unsigned int most)
{
	if (most > crew->limit)
		most = crew->limit;
	if (most != get(crew->most))
		atomic_store_explicit(&crew->most, most, memory_order_relaxed);
}

bool crew_wants(struct crew *crew)
{
	return get(crew->load) < get(crew->most);
}

bool crew_wants_soon(struct crew *crew)
{
	return get(crew->load) <= get(crew->most) && get(crew->most) > 1;
}

bool crew_idle(struct crew *crew)
{
	/* Acquire: what the chores have done is seen by who asks. */
	return atomic_load_explicit(&crew->load, memory_order_acquire) == 0;
}

static struct chore *take_locked(struct crew *crew)
{
	struct chore *chore = crew->first;

	if (chore) {
		crew->first = chore->next;
		if (!crew->first)
			crew->last = &crew->first;
	}
	return chore;
}

static void sleep_locked(struct crew *crew)
{
	crew->idle++;
	while (!crew->woken && !crew->end)
		pthread_cond_wait(&crew->work, &crew->lock);
	crew->idle--;
	if (crew->woken)
		crew->woken--;
}

static void *thread_main(void *arg)
{
	struct crew *crew = arg;

	pthread_mutex_lock(&crew->lock);
	for (;;) {
		struct chore *chore = take_locked(crew);

		if (!chore && crew->end)
			break;
		if (!chore) {
			sleep_locked(crew);
			continue;
		}
		pthread_mutex_unlock(&crew->lock);
		chore->run(chore);
		if (atomic_fetch_sub_explicit(&crew->load, 1, memory_order_acq_rel) == 1)
			crew->done(crew->arg);
		pthread_mutex_lock(&crew->lock);
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* One more thread; signals are the main thread's, but for that of a broken pipe. */
static bool grow_locked(struct crew *crew)
{
	sigset_t all, old;

	if (!crew->threads)
		crew->threads = xnmalloc(crew->limit, sizeof *crew->threads);
	sigfillset(&all);
	sigdelset(&all, SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int err = pthread_create(&crew->threads[crew->nthreads], NULL, thread_main, crew);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	crew->nthreads += !err;
	return !err;
}

bool crew_give(struct crew *crew, struct chore *chore)
{
	bool taken = true;

	pthread_mutex_lock(&crew->lock);
	if (crew->idle > crew->woken) {
		crew->woken++;
		pthread_cond_signal(&crew->work);
	} else if (crew->nthreads < get(crew->most)) {
		taken = grow_locked(crew) || crew->nthreads;
	} else {
		taken = crew->nthreads;
	}
	if (taken) {
		atomic_fetch_add_explicit(&crew->load, 1, memory_order_relaxed);
		chore->next = NULL;
		*crew->last = chore;
		crew->last = &chore->next;
	}
	pthread_mutex_unlock(&crew->lock);
	return taken;
}
