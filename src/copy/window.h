/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * window - the bounded set of pending copies.  Any thread may start copies; the main
 * thread, by its loop, reaps them.
 */
#ifndef PCP_WINDOW_H
#define PCP_WINDOW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "copy/entry.h"

struct copyfile_info;
struct link;
struct loop;

/* A copy, from its start to its end */
struct pending {
	struct entry entry;		/* its directory is pinned until the copy has ended */
	uint64_t flags;			/* COPYFILE_* */
	struct link *link;		/* the inode's other names, or NULL */
	char *backup;			/* the new name of what was there, or NULL; owned */
	char *end;			/* where the symlink at the destination leads, if the copy
					   is made there; or NULL; owned */
	mode_t replaces;		/* st_mode of what it takes the place of; 0: nothing */
	bool again;			/* it is the second attempt: see retry_with_new_plan() */
	bool differed;			/* it is the second one, as the first was not like src */
	dev_t over_dev;			/* the inode that an operand overwrites; 0, 0: none */
	ino_t over_ino;
	dev_t found_dev;		/* the only regular file that is overwritten; or 0, 0 */
	ino_t found_ino;
	uint64_t from;			/* bytes of it that an earlier run has copied */

	/* The window's */
	int cookie;			/* 0: it is copied in the call that starts it */
	bool cancelled;			/* main has asked it to stop */
	struct pending *prev, *next;

	uint64_t recorded;		/* bytes at its beginning that the journal knows of */

	/* What active.c has seen of it; CLOCK_MONOTONIC, nanoseconds */
	int64_t since;			/* when it was first seen to run */
	int64_t seen_at;		/* when its rate was taken last, */
	uint64_t seen_bytes;		/* what was in place then, */
	double rate;			/* and bytes a second before that */
};

/* p has ended, and is no longer pending.  Called in any thread; may start further copies. */
typedef void window_ended(void *arg, const struct pending *p, const struct copyfile_info *info);

struct window {
	struct loop *loop;		/* whose hooks are window_ready() and window_reap_all() */
	unsigned int size;		/* most pending copies; 0: none, all is done at once */
	bool in_order;			/* each copy is awaited before the next one starts */
	uint32_t hash;			/* whose digest is made of each: enum copyfile_hash */
	window_ended *ended;
	void *arg;			/* of ended */

	pthread_mutex_t lock;		/* of what follows */
	pthread_cond_t ended_some;	/* a copy has ended */
	unsigned int count;		/* cookies pending now */
	unsigned int sleepers;		/* threads that wait for ended_some */
	bool main_sleeps;		/* main does, in loop_turn(), for any copy to end */
	struct pending *first;		/* those with a cookie, and those that overwrite */
};

/* size is 0 where loop has nothing to sleep on. */
void window_init(struct window *w, struct loop *loop, unsigned int size, bool in_order,
		 uint32_t hash, window_ended *ended, void *arg);

/*
 * Start copying p, whose names are copied if need be; it may have ended when this returns.
 * If the window is full and the library will not copy at once, this first waits for half of
 * the pending copies; and always for a copy that overwrites the inode that p overwrites.
 */
void window_start(struct window *w, const struct pending *p);

/* Wait until a pending copy has ended.  Returns false if none was pending. */
bool window_wait_one(struct window *w);

/* Returns true if no copy is pending. */
bool window_empty(struct window *w);

/*
 * For the loop's hooks: the pending copy entry has ended; any copies may have ended.  The
 * second returns true if one had.
 */
void window_ready(struct window *w, void *entry);
bool window_reap_all(struct window *w);

/* Main only: cancel all pending copies.  They will end as ECANCELED. */
void window_cancel(struct window *w);

#endif
