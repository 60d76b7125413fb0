/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workers - threads that run whatever work they are given: they walk, and do what else
 * waits for a file system.  Thread-safe.
 */
#ifndef PCP_WORKERS_H
#define PCP_WORKERS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/relaxed.h"

/* Embed it in what run needs.  It belongs to the workers until run is called with it. */
struct work {
	struct work *next;
	void (*run)(struct work *work);
};

struct workers {
	pthread_mutex_t lock;		/* of the queue and the threads */
	pthread_cond_t wake;		/* signalled when woken or end has changed */
	struct work *first, **last;	/* the queue, oldest first */
	pthread_t *threads;
	unsigned int nthreads;
	unsigned int limit;		/* most threads that there may ever be */
	unsigned int asleep, woken;	/* threads that sleep; of those, told to wake up */
	bool end;			/* no more work will come */

	unsigned int running;		/* threads that run work, and do not stand still */
	unsigned int held;		/* threads that stand still in the middle of their work */
	pthread_cond_t go_on;		/* for those: signalled when one of them may go on */

	_Atomic unsigned int cap;	/* most threads that may run work just now */
	_Atomic bool paused;		/* all stand still */
	_Atomic unsigned int excess;	/* threads that run beyond the cap */
	_Atomic unsigned int target;	/* how many threads there may be just now, at most limit */
	_Atomic unsigned int load;	/* work that is queued, or being run */

	void (*done)(void *arg);	/* see workers_init() */
	void *arg;
};

/*
 * Set up workers that have at most limit threads; with 0 there are none.  done(arg) is called
 * by the thread that has run the last work that was given, with no lock held.
 */
void workers_init(struct workers *workers, unsigned int limit, void (*done)(void *arg),
		  void *arg);

/* Join the threads.  All work must have been done. */
void workers_fini(struct workers *workers);

/*
 * From now on start threads for as long as there are fewer than target, within the limit.
 * Threads that exist stay, and are used.
 */
void workers_resize(struct workers *workers, unsigned int target);

/*
 * From now on at most cap threads run work, from 1 on, or none at all while paused: the others
 * stand still at workers_pass().
 */
void workers_restrain(struct workers *workers, unsigned int cap, bool paused);

/* Returns true while all stand still. */
bool workers_paused(const struct workers *workers);

/*
 * A thread of the workers calls this between two pieces of its work, without any lock: it stands
 * still if it is one too many, or while all do.  Other threads do not wait here.
 */
void workers_pass_slowly(struct workers *workers);
static inline void workers_pass(struct workers *workers)
{
	if (relaxed_get(workers->paused) || relaxed_get(workers->excess))
		workers_pass_slowly(workers);
}

/*
 * Returns true if work that is given now would be run at once, or be the next that a thread takes:
 * one that has come to its end need not sleep then.  Not if there is to be but one.  The answer may
 * be out of date by the time it is used.
 */
bool workers_want_more(const struct workers *workers);

/*
 * Give work to the workers; work that is running may do so, too.  Returns false if there is
 * no thread and none can be had: then the caller has to do the work.
 */
bool workers_give(struct workers *workers, struct work *work);

/* Returns how many threads there are. */
unsigned int workers_count(struct workers *workers);

/*
 * Returns true if all work is done; then all that it has written is seen by the caller.
 */
bool workers_idle(const struct workers *workers);

#endif
