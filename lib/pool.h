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
	struct cf_queue *queue;		/* where it waits, or NULL */
	uint64_t place;			/* tasks of one place had better not run at once */
	bool big;			/* takes long: see below */
	/* Returns the work that was done, in units of about a small task. */
	unsigned int (*run)(struct cf_task *task);
};

struct cf_scale;
struct cf_identity;

struct cf_pool_limits {
	unsigned int least;	/* threads that are right where tasks burn the processor */
	unsigned int most;	/* and the most where they wait */
	bool waits;		/* these tasks do */
	bool crowded;		/* they also queue for processors: do not try more */
	unsigned int spare;	/* of least: those that nobody else's work takes */
};

/*
 * Queue task.  Returns 0, or -ENOMEM, also if there is no thread at all to run
 * it and none can be had.
 *
 * Big tasks have threads of their own, few at a time, so that they hold up
 * neither the small ones nor each other.
 */
int cf_pool_submit(struct cf_task *task, struct cf_pool_limits limits);

/*
 * Returns true if the pool's threads make their system calls with the credentials, root and
 * umask of the calling thread, whose identity is who.  Also if there is no thread yet: the
 * first ones are started by the caller, and are like it.
 */
bool cf_pool_alike(const struct cf_identity *who);

/* A thread of the pool has found that its identity has changed to who. */
void cf_pool_changed(const struct cf_identity *who);

/*
 * The running task has turned out to be big.  True: it may go on, and counts as
 * one from now on.  False: as many as may be are running; it is to call
 * cf_pool_requeue_big(), which gives it away, and return.
 */
bool cf_pool_begin_big(void);
void cf_pool_requeue_big(struct cf_task *task);

/* Take task back: true if it was still waiting; it will not run then. */
bool cf_pool_remove(struct cf_task *task);

/*
 * Reserve a thread for the caller, who starts it itself: it counts within the limits of
 * the last submit.  Returns false if the limits do not allow one more.  When the thread has
 * ended the caller releases it.
 */
bool cf_pool_reserve_thread(void);
void cf_pool_release_thread(void);

/* Returns true if limits.spare threads would soon have done all small tasks that wait. */
bool cf_pool_wants_work(struct cf_pool_limits limits);

struct cf_pool_view {
	const struct cf_scale *scale;
	unsigned int threads, peak;	/* now, at most */
	unsigned int big;		/* of threads: at work on a big task */
};

/* Look at the pool: copy is called with it locked. */
void cf_pool_look(void (*copy)(const struct cf_pool_view *view, void *arg), void *arg);

/* Join all threads.  Nothing may be queued, or be submitted meanwhile. */
void cf_pool_stop(void);

/* Around fork(2): nothing changes between; the child has no threads. */
void cf_pool_fork_prepare(void);
void cf_pool_fork_parent(void);
void cf_pool_fork_child(void);

#endif
