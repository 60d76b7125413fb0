/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * deferred - with --fsync, what is said of a copy waits until that is on stable storage.
 * Thread-safe.
 */
#ifndef PCP_DEFERRED_H
#define PCP_DEFERRED_H

#include <stdbool.h>
#include <stdint.h>

/* Something to be said */
struct deferred {
	struct deferred *next;
	/* Say it, and free d.  synced: what it is about is on stable storage; else that failed. */
	void (*say)(struct deferred *d, bool synced);
};

/*
 * From now on there is a queue.  reader: a thread empties it, so it need not grow without
 * bounds.  Main thread only, before there are others.
 */
void deferred_begin(bool reader);

/* Returns true if there is a queue: then deferred_add() has to be used. */
bool deferred_is_on(void);

/* Put d into the queue.  Waits while that is very long. */
void deferred_add(struct deferred *d);

/*
 * Wait until something is in the queue, and then for so many nanoseconds more, or until it is
 * long.  Returns false if deferred_end_wait() has been called.
 */
bool deferred_wait(int64_t ns);
void deferred_end_wait(void);

/* Returns all that is in the queue, the oldest first, which is empty then. */
struct deferred *deferred_take(void);

/* Say all of list. */
void deferred_say(struct deferred *list, bool synced);

/* There is no queue any more.  Main thread only. */
void deferred_end(void);

#endif
