/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * slots - descriptors that stand for jobs: found by their numbers, and used again.
 * Not thread-safe: its owner locks it.
 */
#ifndef CF_SLOTS_H
#define CF_SLOTS_H

#include <pthread.h>
#include <stdbool.h>

#include "identity.h"
#include "job.h"
#include "pool.h"

enum cf_slot_state { CF_FREE, CF_LIVE, CF_ENDED };

struct cf_slot {
	struct cf_task task;		/* the pool's, while it is queued */
	pthread_mutex_t lock;		/* of what follows, but for the running job */
	struct cf_slot *next_free;
	struct cf_holder *holder;	/* whose place it takes; under the owner's lock */
	int fd;				/* an eventfd */
	enum cf_slot_state state;
	bool waiting;			/* a thread sleeps in WAIT */
	bool lost;			/* a caller has closed fd, which is not used again */
	bool held;			/* paused, and out of the queue: no thread has the job */
	struct cf_identity caller;	/* of the thread that started it; not if it is STEADY */
	struct cf_job job;
};

/* Zero at the beginning */
struct cf_slots {
	struct cf_slot **by_fd;		/* NULL where there is none */
	int size;			/* of by_fd */
	struct cf_slot *free;		/* to be used again */
	unsigned int nfree;
};

/* Take a free slot.  Returns 0 and *ret; or -EMFILE, -ENFILE or -ENOMEM. */
int cf_slots_take(struct cf_slots *all, struct cf_slot **ret);

/* Give back s, which is in state CF_FREE.  It may be destroyed. */
void cf_slots_give(struct cf_slots *all, struct cf_slot *s);

/* Returns the slot with this descriptor, which may be free; or NULL. */
struct cf_slot *cf_slots_find(const struct cf_slots *all, long fd);

/* Destroy all slots, which are free. */
void cf_slots_clear(struct cf_slots *all);

/*
 * Destroy all slots in a child of fork(2), whatever their states are, and whichever thread of
 * the parent had locked them.
 */
void cf_slots_clear_in_child(struct cf_slots *all);

#endif
