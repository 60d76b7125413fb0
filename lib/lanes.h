/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * lanes - the tasks that wait, sorted by client and directory, and the choice of the next one.
 * It knows tasks and numbers, not threads.  Not thread-safe: its owner locks it.
 */
#ifndef CF_LANES_H
#define CF_LANES_H

#include <stdbool.h>
#include <stdint.h>

/* Small tasks and big ones wait apart, and are counted apart. */
enum cf_kind { CF_SMALL, CF_BIG, CF_KINDS };

/* Embed it.  While lane is set the task is in that lane, and belongs to it. */
struct cf_task {
	struct cf_task *prev, *next;
	struct cf_lane *lane;		/* where it waits, or NULL */
	uint64_t client;		/* clients share the threads fairly */
	uint64_t place;			/* small tasks of one place should not run at once */
	bool big;			/* it takes long */
	/* Returns the work that was done, in units of about a small task. */
	unsigned int (*run)(struct cf_task *task);
};

/* The tasks of one client and kind; small ones of one place */
struct cf_lane {
	struct cf_lane *next;		/* of the client's small lanes, or of the spare ones */
	struct cf_client *client;
	enum cf_kind kind;
	uint64_t place;
	struct cf_task *first, *last;	/* oldest first */
	unsigned int threads;		/* at work on tasks from here, or parked */
};

struct cf_lanes {
	struct cf_client *clients;	/* those with tasks or threads, oldest first */
	unsigned int queued[CF_KINDS];	/* tasks in all lanes */
	unsigned int threads[CF_KINDS];	/* threads in all lanes, those that are parked left out */
	struct cf_client *spare_clients;	/* to be used again */
	struct cf_lane *spare_lanes;
};

/*
 * Put task at the end of its lane.  Returns 0, or -ENOMEM; the latter never for a big task
 * of a client that has a task or a thread already.
 */
int cf_lanes_put(struct cf_lanes *all, struct cf_task *task);

/* Take task, which waits, out of its lane. */
void cf_lanes_remove(struct cf_lanes *all, struct cf_task *task);

/*
 * Returns the lane in which a thread finds its next task of kind, or NULL if no task of
 * kind waits.  from is the lane that the thread is in, or NULL.  With stay the thread stays
 * in its lane, unless that is empty or it is another client's turn.
 */
struct cf_lane *cf_lanes_next(const struct cf_lanes *all, enum cf_kind kind,
			      struct cf_lane *from, bool stay);

/* A thread enters lane, or leaves it.  An empty lane that the last thread leaves is gone. */
void cf_lanes_enter(struct cf_lanes *all, struct cf_lane *lane);
void cf_lanes_leave(struct cf_lanes *all, struct cf_lane *lane);

/*
 * The task that a thread runs in lane stands still, and goes on: meanwhile the thread is in
 * the lane, but does not count as at work.
 */
void cf_lanes_park(struct cf_lanes *all, struct cf_lane *lane);
void cf_lanes_unpark(struct cf_lanes *all, struct cf_lane *lane);

/* Returns the lane for big tasks of the client whose lane this is. */
struct cf_lane *cf_lanes_big(const struct cf_lane *lane);

/* A thread has worked for ns nanoseconds on a task from lane, in which it still is. */
void cf_lanes_charge(struct cf_lane *lane, int64_t ns);

/* Free what is spare. */
void cf_lanes_trim(struct cf_lanes *all);

/* Free everything, and forget the tasks that wait and the threads. */
void cf_lanes_clear(struct cf_lanes *all);

#endif
