/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workers - threads that walk, and do whatever else waits for a file system.  They
 * know work, not copies.  Thread-safe.
 */
#ifndef PCP_WORKERS_H
#define PCP_WORKERS_H

#include <pthread.h>
#include <stdbool.h>

/* Embed it; the workers own it from workers_give() until run is called. */
struct work {
	struct work *next;
	void (*run)(struct work *work);
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t has_work;	/* there is work, or the end */
	struct work *first, **last;	/* oldest first */
	pthread_t *threads;
	unsigned int nthreads;
	unsigned int idle, woken;	/* threads asleep; of those, about to wake */
	unsigned int limit;		/* most threads there may ever be; 0: none */
	_Atomic unsigned int most;	/* that may work now */
	_Atomic unsigned int load;	/* work queued and under way */
	bool end;
	void (*done)(void *arg);	/* see workers_init() */
	void *arg;
};

/*
 * limit: the most threads there may ever be; 0: none.  done(arg) is called by the thread
 * that has done the last work that was given, with no lock held.
 */
void workers_init(struct workers *workers, unsigned int limit, void (*done)(void *arg), void *arg);

/* When all work is done: join the threads. */
void workers_fini(struct workers *workers);

/* From now on let at most this many work, within the limit. */
void workers_resize(struct workers *workers, unsigned int most);

/* Would work find a thread to do it at once?  An opinion: it may change. */
bool workers_want_more(struct workers *workers);

/* The same, or would it be the next that somebody takes? */
bool workers_want_more_soon(struct workers *workers);

/*
 * Give work to the workers.  It may give more.  False: there are no workers,
 * not even one thread can be had, and the caller has to do it.
 */
bool workers_give(struct workers *workers, struct work *work);

/* Is all work done? */
bool workers_idle(struct workers *workers);

#endif
