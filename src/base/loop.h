/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * loop - the main thread's event loop: it sleeps until one of many descriptors is readable,
 * another thread or a signal handler wakes it, or a tenth of a second has gone by.
 */
#ifndef PCP_LOOP_H
#define PCP_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/epoll.h>

/* The loop remembers which descriptors below this epoll has had; most are. */
#define LOOP_KNOWN 1024

/* Events that are taken from the kernel at once */
#define LOOP_BATCH 64

/* What the loop calls, in the main thread, with arg */
struct loop_hooks {
	/* The descriptor that was watched with entry is readable, and not watched any more. */
	void (*ready)(void *arg, void *entry);
	/* Nothing can be watched: handle all that is ready.  Returns false if nothing was. */
	bool (*poll_all)(void *arg);
	/* Called after each turn, and at least ten times a second while the loop is ticking. */
	void (*tick)(void *arg);
	void *arg;
};

struct loop {
	struct loop_hooks hooks;
	pthread_t main;			/* the thread that made the loop */
	bool ticking;			/* sleep no longer than until the next tick */
	int epoll;			/* -1: there is nothing to sleep on */
	int wakeup;			/* eventfd: loop_wake() */
	atomic_bool known[LOOP_KNOWN];	/* descriptors that epoll has had already */
	atomic_bool blind;		/* epoll has failed, and is not used any more */

	/* The main thread's */
	unsigned int depth;		/* how deep loop_turn() is nested */
	struct epoll_event ready[LOOP_BATCH];	/* the last batch of events, ... */
	int next, end;			/* of which these have not been handled */
};

/* By the main thread.  Nothing can be watched until loop_open(). */
void loop_init(struct loop *l, const struct loop_hooks *hooks);

/* Returns false if there are no descriptors for the loop, or a sandbox refuses epoll. */
bool loop_open(struct loop *l);

void loop_fini(struct loop *l);

/* Returns true in the thread that called loop_init(). */
bool loop_is_main(const struct loop *l);

/*
 * Watch fd, once: when it is readable, hooks.ready is called with entry.  Any thread may
 * call this, also for a number that has been closed and opened again since.  Returns false
 * if it can't be watched.
 */
bool loop_watch(struct loop *l, int fd, void *entry);

/* Wake the main thread in loop_turn().  Any thread, or a signal handler, may call it. */
void loop_wake(struct loop *l);

/*
 * Handle all that is ready, and tick.  With wait, first sleep until something is ready, or a
 * wake-up or a tick is due.  Main thread only.  hooks.ready may call this: then it goes on
 * with the batch that is under way.
 */
void loop_turn(struct loop *l, bool wait);

/*
 * As loop_turn(), and sleep no longer than until fd can be read, or not at all once the
 * run has to end.  Returns true if fd can be read, or is at its end.
 */
bool loop_turn_or(struct loop *l, int fd);

/* Tick, if this is the main thread.  For code that keeps it out of the loop for long. */
void loop_tick(struct loop *l);

#endif
