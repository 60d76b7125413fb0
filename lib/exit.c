/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: with the first copy a handler is registered by atexit(3).  It cancels what is
 * under way, and waits until that has been undone.  Handlers run in reverse order: those
 * of the program that came later, and may know of cookies, run before; those that came
 * earlier, which may remove directories or end the process, after.  A destructor of the
 * library would run after all of them.
 *
 * Copies with cookies are found by cookie.c.  A copy that a thread of the program makes
 * inside a call is found by that thread's node, which points to it.  So a copy needs
 * neither a lock nor memory here, but two atomic instructions:
 *
 *	the thread	node.copy = w;	look at ending
 *	the handler	ending = true;	look at node.copy
 *
 * These are in one total order, so that at least one of the two sees the other.  While the
 * handler writes to *w, node.copy is "taken", and the thread does not leave w before that
 * is over.
 *
 * A node is in the thread's own storage, and leaves the list when the thread ends.
 *
 * The wait has a bound: a thread may be stuck in the kernel, or be the one that was
 * interrupted by the signal handler in which exit(3) was called.
 *
 * fork(2): the child has the handler, but only its own thread's node.  A child that was
 * made without the handlers of pthread_atfork(3) is known by its number, and left alone.
 */
#include <config.h>

#include "exit.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "cookie.h"
#include "limit.h"

/* How long exit(3) waits for copies that do not end, and how often it looks */
#define MOST_SECONDS 5
#define LOOK_EVERY 500000		/* ns */

struct node {
	struct cf_watch *_Atomic copy;	/* NULL: none; or &taken */
	struct node *prev, *next;
	bool listed;
};

static struct {
	pthread_mutex_t lock;		/* of the list, and of getting ready */
	struct node *first;
	pthread_key_t key;		/* whose destructor takes a thread off the list */
	_Atomic pid_t owner;		/* the process that the handler is for; 0: not ready */
	atomic_bool ending;
} program = { .lock = PTHREAD_MUTEX_INITIALIZER };

static _Thread_local struct node mine;
static struct cf_watch taken;

/* ------------------------------------------------------- the handler */

/*
 * Cancel the copies that threads of the program make.  Returns true if another thread than
 * this one still makes one.
 */
static bool cancel_callers(void)
{
	bool busy = false;

	/* exit() may have been called in a signal handler, while this thread had the lock. */
	if (pthread_mutex_trylock(&program.lock) != 0)
		return true;
	for (struct node *n = program.first; n; n = n->next) {
		struct cf_watch *w = atomic_load(&n->copy);

		if (!w || !atomic_compare_exchange_strong(&n->copy, &w, &taken))
			continue;
		cf_relaxed_set(w->cancel, true);
		atomic_store(&n->copy, w);
		/* A copy of this very thread cannot end before this returns. */
		busy |= n != &mine;
	}
	pthread_mutex_unlock(&program.lock);
	cf_limit_wake();
	return busy;
}

static void end_copies(void)
{
	int64_t give_up = cf_now() + MOST_SECONDS * CF_SECOND;
	struct timespec until;

	if (getpid() != program.owner)
		return;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += MOST_SECONDS;
	atomic_store(&program.ending, true);
	cf_cookie_end_all(&until);
	while ((cancel_callers() || cf_cookie_busy()) && cf_now() < give_up)
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_EVERY }, NULL);
}

/* -------------------------------------------------------------- fork */

static void fork_prepare(void)
{
	pthread_mutex_lock(&program.lock);
}

static void fork_parent(void)
{
	pthread_mutex_unlock(&program.lock);
}

static void fork_child(void)
{
	program.first = mine.listed ? &mine : NULL;
	mine.prev = mine.next = NULL;
	atomic_store(&mine.copy, NULL);
	if (program.owner)
		program.owner = getpid();
	program.ending = false;
	pthread_mutex_unlock(&program.lock);
}

/* ------------------------------------------------- threads, and copies */

static void unlist(void *node)
{
	struct node *n = node;

	pthread_mutex_lock(&program.lock);
	*(n->prev ? &n->prev->next : &program.first) = n->next;
	if (n->next)
		n->next->prev = n->prev;
	n->listed = false;
	pthread_mutex_unlock(&program.lock);
}

static int get_ready_locked(void)
{
	static bool has_key, has_fork;

	if (program.owner)
		return 0;
	if (!has_key && pthread_key_create(&program.key, unlist) != 0)
		return -ENOMEM;
	has_key = true;
	if (!has_fork && pthread_atfork(fork_prepare, fork_parent, fork_child) != 0)
		return -ENOMEM;
	has_fork = true;
	if (atexit(end_copies) != 0)
		return -ENOMEM;
	program.owner = getpid();
	return 0;
}

/* Get ready for this thread's first copy. */
static int enlist(void)
{
	pthread_mutex_lock(&program.lock);
	int r = get_ready_locked();
	if (r == 0 && pthread_setspecific(program.key, &mine) != 0)
		r = -ENOMEM;
	if (r == 0) {
		mine.prev = NULL;
		mine.next = program.first;
		if (mine.next)
			mine.next->prev = &mine;
		program.first = &mine;
		mine.listed = true;
	}
	pthread_mutex_unlock(&program.lock);
	return r;
}

int cf_exit_begin_copy(struct cf_watch *w)
{
	int r = mine.listed ? 0 : enlist();

	if (r < 0)
		return r;
	assert(!atomic_load(&mine.copy));
	atomic_store(&mine.copy, w);
	if (!atomic_load(&program.ending))
		return 0;
	cf_exit_end_copy(w);
	return -ECANCELED;
}

void cf_exit_end_copy(struct cf_watch *w)
{
	struct cf_watch *here = w;

	while (!atomic_compare_exchange_weak(&mine.copy, &here, NULL))
		here = w;
}
