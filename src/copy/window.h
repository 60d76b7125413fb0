/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * window - the bounded set of pending copies.  Any thread may start copies; one,
 * the main thread, reaps them.
 */
#ifndef PCP_WINDOW_H
#define PCP_WINDOW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

#include <libcopyfile.h>

struct dir;
struct link;

/* Cookies up to this are told apart, of which the lowest are used most. */
#define WINDOW_KNOWN 1024

/* Ended copies that are taken from the kernel at once */
#define WINDOW_BATCH 64

/* One copy, and the names it belongs to */
struct pending {
	struct dir *dir;		/* in use until the copy has ended */
	const char *src, *dst;		/* names in dir */
	mode_t type;			/* S_IFMT bits */
	uint64_t flags;			/* COPYFILE_* */
	bool operand;
	struct link *link;		/* the inode's other names, or NULL */
	char *backup;			/* the new name of what was there, or NULL; owned */
	bool again;			/* it is the second attempt: see meet_new() in copy.c */
	dev_t over_dev;			/* the inode that an operand overwrites; 0, 0: none */
	ino_t over_ino;
	uint64_t id;			/* as that of struct entry */
	int64_t begun;

	/* The window's */
	int cookie;			/* 0: it is copied in the call that starts it */
	bool cancelled;			/* main has asked it to stop */
	struct pending *prev, *next;
	int64_t since;			/* when it was first seen to run; as seen_at */
	int64_t seen_at;		/* when it was looked at: CLOCK_MONOTONIC, nanoseconds; */
	uint64_t seen_bytes;		/* what was in place then, */
	double rate;			/* and bytes a second before that */
};

/* A copy that runs, as others see it */
struct window_active {
	const struct pending *pending;	/* the window's: valid while it looks */
	int64_t since;			/* when it was first seen to run */
	uint64_t id;
	char *src;			/* its full name, on the heap */
	uint64_t bytes_done, bytes_total;
	double rate;			/* bytes a second, in the last second or so */
};

struct window {
	pthread_t main;			/* the thread that reaps */
	bool in_order;			/* each copy is awaited before the next one starts */
	unsigned int size;		/* most pending copies; 0: none, all is done at once */
	int epoll;			/* of their cookies, and of the wakeup; -1: size is 0 */
	int wakeup;			/* eventfd: window_wake() wakes who reaps */
	atomic_bool known[WINDOW_KNOWN];	/* cookies that epoll has had already */
	pthread_mutex_t lock;		/* of what follows */
	pthread_cond_t ended_some;	/* a copy has ended */
	unsigned int count;		/* cookies pending now */
	unsigned int sleepers;		/* that wait for ended_some */
	bool main_sleeps;		/* main does, in window_reap(), for any copy to end */
	unsigned int reaping;		/* main's: how deep window_reap() is nested */
	bool blind;			/* main's: epoll has failed, and is not used any more */
	struct epoll_event ready[WINDOW_BATCH];	/* main's: the last batch of events ... */
	int next_ready, nready;		/* ... and the next of them to be seen to */
	struct pending *first;		/* those with a cookie, and those that overwrite */

	/* A copy has ended with result (0 or -errno), in any thread.  p is no longer pending. */
	void (*ended)(void *arg, const struct pending *p, int result,
		      const struct copyfile_info *info);
	void (*on_tick)(void *arg);	/* called in main, whenever it comes by here */
	bool ticks;			/* at least ten times a second */
	void *arg;
};

/*
 * Set w->ended, w->on_tick, w->ticks and w->arg after this.  False: no descriptors, or
 * no epoll; then size is 0.
 */
bool window_init(struct window *w, unsigned int size);
void window_fini(struct window *w);

/*
 * Start copying p, whose names are copied if need be; it may have ended when
 * this returns.  Where the window is full and the library will not copy at
 * once, half of the pending copies are awaited first; so is, always, a copy whose
 * over_dev and over_ino are the same.
 */
void window_start(struct window *w, const struct pending *p);

/* Wait until a pending copy has ended.  False: there was none. */
bool window_wait_one(struct window *w);

/* Main only: reap what has ended; with wait, sleep until there is something, or a ring. */
void window_reap(struct window *w, bool wait);

/* Wake main in window_reap().  A signal handler may call it. */
void window_wake(struct window *w);

/* See to what has been asked for meanwhile, if this is main. */
void window_tick(struct window *w);

/* Main only: cancel all pending copies.  They are still to be reaped, as ECANCELED. */
void window_cancel(struct window *w);

/* Main only: is no copy pending? */
bool window_empty(struct window *w);

bool window_is_main(const struct window *w);

/* All pending copies */
struct window_sum {
	unsigned int count;
	unsigned int copying;		/* of those, begun: the rest is queued */
	uint64_t bytes_done;		/* that they have in place so far */
};

/*
 * Look at the pending copies: of those that run, and whose size is known, max at most
 * are put into list, the longest-running first.  Returns how many; the caller frees their
 * names.
 */
unsigned int window_look(struct window *w, struct window_active *list, unsigned int max,
			 struct window_sum *ret);

#endif
