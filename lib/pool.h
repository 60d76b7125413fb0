/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pool - threads and a queue.  It knows tasks, not copies.  Thread-safe.
 */
#ifndef CF_POOL_H
#define CF_POOL_H

#include <stdbool.h>
#include <stdint.h>

/* Embed it; the pool owns it from submit until run is called. */
struct cf_task {
	struct cf_task *prev, *next;
	struct cf_lane *lane;		/* NULL: not queued */
	uint64_t place;			/* tasks of one place had better not run at once */
	void (*run)(struct cf_task *task);
};

/*
 * Queue task; limit is the most threads to have now.  Returns 0, or -ENOMEM,
 * also if there is no thread at all to run it and none can be had.
 */
int cf_pool_submit(struct cf_task *task, unsigned int limit);

/* Take task back: true if it was still waiting; it will not run then. */
bool cf_pool_remove(struct cf_task *task);

/* Would threads, of which there may be limit, soon run out of work? */
bool cf_pool_hungry(unsigned int limit);

/* Join all threads.  Nothing may be queued, or be submitted meanwhile. */
void cf_pool_stop(void);

/* Around fork(2): nothing changes between; the child has no threads. */
void cf_pool_fork_prepare(void);
void cf_pool_fork_parent(void);
void cf_pool_fork_child(void);

#endif
