/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crew - threads that walk, and do whatever else waits for a file system.  It
 * knows chores, not copies.  Thread-safe.
 */
#ifndef PCP_WORKERS_H
#define PCP_WORKERS_H

#include <pthread.h>
#include <stdbool.h>

/* Embed it; the crew owns it from crew_give() until run is called. */
struct chore {
	struct chore *next;
	void (*run)(struct chore *chore);
};

struct crew {
	pthread_mutex_t lock;
	pthread_cond_t work;		/* there is a chore, or the end */
	struct chore *first, **last;	/* oldest first */
	pthread_t *threads;
	unsigned int nthreads;
	unsigned int idle, woken;	/* threads asleep; of those, about to wake */
	unsigned int limit;		/* most threads there may ever be; 0: none */
	_Atomic unsigned int most;	/* that may work now */
	_Atomic unsigned int load;	/* chores queued and under way */
	bool end;
	/* Called by the thread that did the last chore */
	void (*done)(void *arg);
	void *arg;
};

/* Set crew->done and ->arg after this. */
void crew_init(struct crew *crew, unsigned int limit);

/* When all chores are done: join the threads. */
void crew_fini(struct crew *crew);

/* From now on let at most this many work, within the limit. */
void crew_resize(struct crew *crew, unsigned int most);

/* Would a chore find somebody to do it at once?  An opinion: it may change. */
bool crew_wants(struct crew *crew);

/* The same, or would it be the next that somebody takes? */
bool crew_wants_soon(struct crew *crew);

/*
 * Give chore to the crew.  It may give further ones.  False: there is no crew,
 * not even one thread can be had, and the caller has to do it.
 */
bool crew_give(struct crew *crew, struct chore *chore);

/* Are all chores done? */
bool crew_idle(struct crew *crew);

#endif
