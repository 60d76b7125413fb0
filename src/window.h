/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * window - the bounded set of pending copies.  A window belongs to one thread.
 */
#ifndef PCP_WINDOW_H
#define PCP_WINDOW_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <libcopyfile.h>

struct dir;
struct link;

/* One copy, and the names it belongs to */
struct pending {
	struct dir *dir;		/* a reference, in use until the copy has ended */
	const char *src, *dst;		/* names in dir */
	mode_t type;			/* S_IFMT bits */
	uint64_t flags;			/* COPYFILE_* */
	struct link *link;		/* the inode's other names, or NULL */
	dev_t over_dev;			/* the inode that is overwritten; 0, 0: none */
	ino_t over_ino;
};

struct window {
	unsigned int size;		/* most pending copies; 0: none, all is done at once */
	unsigned int count;		/* pending now */
	struct pollfd *cookies;		/* count of them, and beside each ... */
	struct pending *copies;		/* ... what it belongs to */
	/* A copy has ended with result (0 or -errno).  p is no longer pending. */
	void (*ended)(void *arg, const struct pending *p, int result,
		      const struct copyfile_info *info);
	void (*tick)(void *arg);	/* called while waiting, ten times a second; or NULL */
	void *arg;
};

/* Set w->ended, w->tick and w->arg after this. */
void window_init(struct window *w, unsigned int size);
void window_fini(struct window *w);

/*
 * Start copying p, whose names are copied if need be; it may have ended when
 * this returns.  Where the window is full and the library will not copy at
 * once, half of the pending copies are awaited first; so is, always, a copy
 * that overwrites the same inode.
 */
void window_start(struct window *w, const struct pending *p);

/* Wait until at least one pending copy has ended.  False: there was none. */
bool window_relieve(struct window *w);

/* Wait for all. */
void window_drain(struct window *w);

/* Bytes that pending copies have in place so far */
uint64_t window_bytes_done(const struct window *w);

#endif
