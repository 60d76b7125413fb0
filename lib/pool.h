/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pool - threads that run tasks.  It knows tasks, not copies.  Thread-safe.
 */
#ifndef CF_POOL_H
#define CF_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "lanes.h"

struct cf_scale;
struct cf_identity;

struct cf_pool_limits {
	unsigned int least;	/* the right number of threads where tasks burn the processor */
	unsigned int most;	/* the most threads where tasks wait */
	bool waits;		/* tasks such as the one that is submitted wait */
	bool crowded;		/* and they queue for processors: more threads do not help */
	unsigned int demand;	/* threads that would keep all processors busy */
	unsigned int spare;	/* of least: threads whose cores no thread of the program uses */
};

/*
 * Queue task, with client, place, big and run filled in: it is the pool's until run is
 * called.  Returns 0, or -ENOMEM, also if there is no thread at all to run it and none can
 * be had.
 *
 * Big tasks have threads of their own, few at a time, so that they hold up
 * neither the small ones nor each other.  The clients of the pool get the same number of
 * threads each, as far as they have tasks for them.
 */
int cf_pool_submit(struct cf_task *task, struct cf_pool_limits limits);

/*
 * There may be so many threads from now on; 0: the next submit says.  Those that are too many
 * rest when their tasks have ended.  alike: the calling thread may start further ones.
 */
void cf_pool_limit(unsigned int fixed, bool alike);

/*
 * A thread of the program has done a piece of work of its own, which waits and took so many ns.
 * While there are no tasks the number of threads, as cf_pool_load() returns it, is found by trials
 * with such work.
 */
void cf_pool_worked(struct cf_pool_limits limits, int64_t took);

/*
 * Returns true if the pool's threads make their system calls with the credentials, root and
 * umask of the calling thread, whose identity is who; or if there is no thread yet: the caller
 * then starts the first one, which is like it.
 */
bool cf_pool_alike(const struct cf_identity *who);

/* A thread of the pool has found that its identity has changed to who. */
void cf_pool_changed(const struct cf_identity *who);

/*
 * The task that the calling thread of the pool runs has turned out to be big.  Returns true
 * if it may go on; from then on it counts as big.  Returns false if the limit of big tasks is
 * reached: the task calls cf_pool_requeue_big(), after which it is the pool's, and returns.
 */
bool cf_pool_begin_big(void);
void cf_pool_requeue_big(struct cf_task *task);

/* Take task back.  Returns true if it still waited; then it will not run. */
bool cf_pool_remove(struct cf_task *task);

/*
 * Queue a task again that cf_pool_remove() has taken back.  This starts no thread, so the
 * caller may be one whose credentials are not those of the pool.  Returns 0 or -ENOMEM.
 */
int cf_pool_put_back(struct cf_task *task);

/*
 * Reserve a thread for the caller, who starts it itself: it counts within the limits of
 * the last submit.  Returns false if the limits do not allow one more.  When the thread has
 * ended the caller releases it.
 */
bool cf_pool_reserve_thread(void);
void cf_pool_release_thread(void);

/* Returns true if limits.spare threads would soon have done all small tasks that wait. */
bool cf_pool_wants_work(struct cf_pool_limits limits);

/* Returns true if the calling thread is one of the pool, which then runs a task. */
bool cf_pool_is_worker(void);

/*
 * The task that the calling thread works on stands still (park), and goes on (unpark).  In
 * between the thread does not count, so that another may work in its place.  The thread is one
 * of the pool, or one for which cf_pool_reserve_thread() was called.
 */
void cf_pool_park(void);
void cf_pool_unpark(void);

struct cf_pool_view {
	const struct cf_scale *scale;
	unsigned int threads, peak;	/* now, at most */
	unsigned int big;		/* of threads: at work on a big task */
};

/* What the pool does, read without its lock: each number is right at some moment. */
struct cf_pool_load {
	unsigned int target;		/* threads for small tasks; 0: none was submitted */
	bool waits;			/* which the pool has for tasks that wait */
	unsigned int big;		/* threads at work on a big task */
	bool idle;			/* no task waits or runs */
};
struct cf_pool_load cf_pool_load(void);

/* Look at the pool: copy is called with it locked. */
void cf_pool_look(void (*copy)(const struct cf_pool_view *view, void *arg), void *arg);

/*
 * Join all threads of the pool; those that were reserved go on.  No task waits or runs, and
 * none is submitted meanwhile.  All else may be asked by other threads.
 */
void cf_pool_stop(void);

/* Around fork(2): nothing changes in between; the child has no threads and no tasks. */
void cf_pool_fork_prepare(void);
void cf_pool_fork_parent(void);
void cf_pool_fork_child(void);

#endif
