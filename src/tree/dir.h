/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dir - a pair of directories, source and destination, that a copy goes
 * through.  Thread-safe.
 */
#ifndef PCP_DIR_H
#define PCP_DIR_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "tree/workers.h"

struct options;

/* All of them, and the descriptors that they may hold */
struct dirs {
	const struct options *opts;
	unsigned int max_fds;		/* descriptors that directories may keep open */

	pthread_mutex_t lock;		/* of the rest, and of every dir's as said there */
	unsigned int open_fds;		/* that they do, or are about to */
	struct dir *idle_first, *idle_last;	/* open, not in use; oldest first */

	/* Wait until a pending copy has ended; false if none is pending. */
	bool (*wait_one)(void *arg);
	/* Hand work, a directory's end, to another thread; false: no. */
	bool (*defer)(void *arg, struct work *work);
	void *arg;
};

struct dir {
	struct dirs *all;
	struct dir *parent;		/* NULL: names below are relative to the cwd */
	const char *src_name, *dst_name;	/* in parent, or the operand's path */
	struct stat st;			/* of the source, before it was read */
	struct work end;		/* where another thread is to finish it */

	/* Set by who makes it, before anyone else knows it */
	bool created;			/* this run made the destination: it was empty */
	bool make_failed;		/* there is no destination to finish */
	bool leads;			/* it is above an operand, for --parents */
	bool lacks_owner_rights;	/* what is made in there may lack its owner's rights */
	bool follow_src, follow_dst;	/* its names may be symlinks */
	mode_t add_mode, drop_mode;	/* left to do to the destination's mode */

	/* all->lock: */
	unsigned int refcount;		/* work left: a walker, pending copies, subdirectories */
	unsigned int weak_refs;		/* on the memory: itself, subdirectories, links to come */
	int fd[2];			/* source, destination; -1: not open now */
	unsigned int pins;		/* of those: they must stay open */
	bool idle;			/* on the list of dirs */
	dev_t dst_dev;			/* to find the destination again; 0: not known */
	ino_t dst_ino;
	struct dir *idle_prev, *idle_next;
};

/* Set up the directories, and cwd as that of the operands: it lives as long as all. */
void dirs_init(struct dirs *all, struct dir *cwd);

/* New, with one reference, and one more on parent.  st is the source's. */
struct dir *dir_new(struct dir *parent, const char *src_name, const char *dst_name,
		    const struct stat *st);

/* Note that d, which no other thread knows yet, has the destination st; zeros: unknown. */
void dir_expect_dst(struct dir *d, const struct stat *st);

struct dir *dir_get(struct dir *d);

/*
 * Drop a reference.  With the last one everything below d is done: its
 * attributes are set, its descriptors closed, and its parent's reference
 * dropped in turn.  Failures are reported.
 */
void dir_put(struct dir *d);

/* Keep d's memory, so that dir_pin_dst() works even after it is finished. */
void dir_get_weak(struct dir *d);
void dir_put_weak(struct dir *d);

/*
 * Open both descriptors, and keep them open until dir_unpin().  False after
 * a failure, which has been reported.
 */
bool dir_pin(struct dir *d);
void dir_unpin(struct dir *d);

/* As dir_pin(), for the destination alone. */
bool dir_pin_dst(struct dir *d);

/* For a pending copy, of a d that is in use: a reference, and a use of its own */
void dir_get_pinned(struct dir *d);
void dir_put_pinned(struct dir *d);

/*
 * Open name, a directory in the source of parent, which is in use, for reading; a
 * symlink only with follow.  *ret_st is what was opened.  Returns a descriptor, which
 * counts against the budget until it is given to the new dir that it is the source of,
 * or closed by dir_close_src(); or -errno.
 */
int dir_open_src(struct dir *parent, const char *name, bool follow, struct stat *ret_st);
void dir_give_src(struct dir *d, int fd);
void dir_close_src(struct dirs *all, int fd);

/* For *at() calls, while in use: AT_FDCWD or a descriptor */
int dir_src_fd(const struct dir *d);
int dir_dst_fd(const struct dir *d);

/* The full name of an entry, for messages.  The caller frees it. */
char *dir_src_path(const struct dir *d, const char *name);
char *dir_dst_path(const struct dir *d, const char *name);

#endif
