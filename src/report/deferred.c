/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a list with a lock.  What was in it when it was taken is said after a sync that began
 * later; who takes it, and when, copy/durable.c decides.
 *
 * A sync may take long, and copies go on meanwhile.  Beyond MOST, threads that add something wait
 * until the list is taken.  Main may be one of them: nothing that takes the list needs main.
 */
#include <config.h>

#include "report/deferred.h"

#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"

/* A queue of so many is long, and no more than MOST are in it. */
#define MANY 50000
#define MOST 200000

static bool on, read_by_thread;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of the rest */
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;	/* it has one, or many; the end */
static pthread_cond_t emptied = PTHREAD_COND_INITIALIZER;
static struct deferred *first, **last = &first;
static unsigned int count;
static bool ended;

void deferred_begin(bool reader)
{
	on = true;
	read_by_thread = reader;
	ended = false;
}

bool deferred_is_on(void)
{
	return on;
}

void deferred_end(void)
{
	on = false;
}

void deferred_add(struct deferred *d)
{
	pthread_mutex_lock(&lock);
	while (read_by_thread && !ended && count >= MOST)
		pthread_cond_wait(&emptied, &lock);
	d->next = NULL;
	*last = d;
	last = &d->next;
	if (++count == 1 || count == MANY)
		pthread_cond_signal(&filled);
	pthread_mutex_unlock(&lock);
}

bool deferred_wait(int64_t ns)
{
	pthread_mutex_lock(&lock);
	while (!ended && !count)
		pthread_cond_wait(&filled, &lock);
	int64_t end = clock_now(CLOCK_REALTIME) + ns;
	const struct timespec until = {
		.tv_sec = end / CLOCK_SECOND, .tv_nsec = end % CLOCK_SECOND,
	};
	while (!ended && count < MANY &&
	       pthread_cond_timedwait(&filled, &lock, &until) != ETIMEDOUT)
		;
	bool go_on = !ended;
	pthread_mutex_unlock(&lock);
	return go_on;
}

void deferred_end_wait(void)
{
	pthread_mutex_lock(&lock);
	ended = true;
	pthread_cond_broadcast(&filled);
	pthread_cond_broadcast(&emptied);
	pthread_mutex_unlock(&lock);
}

struct deferred *deferred_take(void)
{
	pthread_mutex_lock(&lock);
	struct deferred *list = first;
	first = NULL;
	last = &first;
	count = 0;
	pthread_cond_broadcast(&emptied);
	pthread_mutex_unlock(&lock);
	return list;
}

void deferred_say(struct deferred *list, bool synced)
{
	for (struct deferred *next; list; list = next) {
		next = list->next;
		list->say(list, synced);
	}
	/* Readers of a pipe need not wait for more. */
	fflush(stdout);
}
