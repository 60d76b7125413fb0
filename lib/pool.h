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

struct cf_pool_limits {
	unsigned int busy;	/* most threads to have now, but for those in a long task */
	unsigned int all;	/* most threads */
};

/*
 * Queue task.  Returns 0, or -ENOMEM, also if there is no thread at all to run
 * it and none can be had.
 */
int cf_pool_submit(struct cf_task *task, struct cf_pool_limits limits);

/*
 * Around the part of a task that may take long: another thread then takes its
 * place, within the limits of the last submit.
 */
void cf_pool_long_begin(void);
void cf_pool_long_end(void);

/* Take task back: true if it was still waiting; it will not run then. */
bool cf_pool_remove(struct cf_task *task);

/* Would the threads, of which there may be some within limits, soon run out of work? */
bool cf_pool_hungry(struct cf_pool_limits limits);

/* Join all threads.  Nothing may be queued, or be submitted meanwhile. */
void cf_pool_stop(void);

/* Around fork(2): nothing changes between; the child has no threads. */
void cf_pool_fork_prepare(void);
void cf_pool_fork_parent(void);
void cf_pool_fork_child(void);

#endif
