/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dir - a pair of directories, source and destination, that a copy goes
 * through.
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

enum dir_side { DIR_SRC, DIR_DST };

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

static inline void dirs_lock(struct dirs *all)
{
	pthread_mutex_lock(&all->lock);
}

static inline void dirs_unlock(struct dirs *all)
{
	pthread_mutex_unlock(&all->lock);
}

/* For *at() calls, while in use: AT_FDCWD or a descriptor */
static inline int dir_src_fd(const struct dir *d)
{
	return d->fd[DIR_SRC];
}

static inline int dir_dst_fd(const struct dir *d)
{
	return d->fd[DIR_DST];
}

#endif
