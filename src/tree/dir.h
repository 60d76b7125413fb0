/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dir - the types: a pair of directories, source and destination, whose entries are
 * copied from the one to the other, and all such pairs of a run.
 */
#ifndef PCP_DIR_H
#define PCP_DIR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "tree/workers.h"

struct dir;
struct ledger;

/* What has become of a directory and of all below it */
struct dir_result {
	uint64_t entries;		/* that the walk has met below it, at any depth */
	uint64_t failed;		/* of those, the ones that failed or were left out */
	/*
	 * No entry failed or was left out, no directory could not be read to its end, and no
	 * attributes were lost that are an error to lose.  What the user did not want to be
	 * copied (-n, -u) is no failure.
	 */
	bool finished;
	bool clean;			/* the same, and all directories were read, at any depth */
};

/* What the directories of a run need to know of it.  The hooks may be called by any thread. */
struct dirs_config {
	unsigned int max_fds;		/* descriptors that directories may keep open */
	bool dst_path_only;		/* a descriptor of a destination need not be readable */

	/* Wait until a pending copy has ended.  Returns false if none is pending. */
	bool (*wait_one)(void *arg);
	/* Have another thread run work.  Returns false if the caller has to do it. */
	bool (*defer)(void *arg, struct work *work);
	/* Returns true if complete(d) will wait for a file system. */
	bool (*has_end_work)(void *arg, const struct dir *d);
	/*
	 * All below d is complete, with that result, and nothing in there changes any more.
	 * Called once for each directory, after it was called for all those below.  What is
	 * left to be done to d itself is done here; returns false if that has failed, which
	 * makes the directories above unclean.
	 */
	bool (*complete)(void *arg, struct dir *d, const struct dir_result *result);
	void *arg;			/* of the hooks */
};

/* All directories of a run */
struct dirs {
	struct dirs_config config;

	pthread_mutex_t lock;		/* of what follows, and of each struct dir's second half */
	unsigned int open_fds;		/* descriptors that are open, or about to be opened */
	struct dir *idle_first, *idle_last;	/* open and not pinned; the longest idle first */
};

/* What the mode of a destination lacks until its end; only walk/makedir.c uses it. */
struct dir_mode {
	mode_t add, drop;		/* bits that it is given, and that it loses, at the end */
	bool lacks_owner_rights;	/* what is made in there may lack its owner's rights */
};

/* The result, while it is being counted: see dirresult.c. */
struct dir_count {
	_Atomic uint64_t entries, failed;
	atomic_bool unfinished, unread;
	/* With --report: files that were copied, and nanoseconds that this took, added up */
	_Atomic uint64_t timed, ns;
};

enum dir_side { DIR_SRC, DIR_DST };

/* Why a directory is doomed, which then has no source; DOOM_NOT: it is copied */
enum dir_doom {
	DOOM_NOT,
	DOOM_EXTRA = 1,		/* the source has not such a thing */
	DOOM_REPLACED = 2,	/* it was in the way of something */
	DOOM_COUNT = 4		/* besides: so far it is only counted */
};

struct dir {
	struct dirs *all;
	struct dir *parent;		/* NULL: see dir_init_top() */
	const char *name[2];		/* of each side, in parent; or an operand's path */
	struct stat st;			/* of the source, before it was read */
	struct work end;		/* for the thread that completes the directory */

	/* Set by the thread that makes the directory, before any other one knows it */
	bool created;			/* this run made the destination: it was empty */
	bool absent;			/* with --dry-run: it would have, but there is none */
	bool make_failed;		/* there is no destination */
	bool leads;			/* it is above an operand, for --parents */
	bool stays;			/* the destination was there, and keeps its attributes */
	bool follow[2];			/* this side may be named by a symlink */
	enum dir_doom doom;
	bool named;			/* names of --files-from lead here: what is in the
					   destination may come from any of them */
	bool walked;			/* ... one of which stands for all that is below it */
	bool fresh;			/* ... and when the first did it was made, empty */
	bool resumed;			/* an earlier run of this pass has made the destination */
	struct ledger *ledger;		/* its account in the journal; NULL: there is none */
	struct dir_mode mode;

	/* Set by the thread that reads the directory, before it copies or gives away entries */
	uint64_t newdir;		/* the destination's; see copyfile_newdir_begin(); or 0 */

	struct dir_count count;		/* of entries */
	atomic_bool listed;		/* with all below it, for --failed-to: see dirlist.c */

	atomic_bool write_protected;	/* see dir_let_owner_write() */

	/* all->lock: */
	unsigned int refcount;		/* see dirrefs.c; 0: complete, or about to be */
	unsigned int weak_refs;		/* on the memory alone */
	unsigned int pins;		/* on the descriptors: they must stay open */
	int fd[2];			/* of each side; -1: not open */
	bool idle;			/* in the list of struct dirs */
	bool lost[2];			/* this side could not be opened or read, as was reported */
	struct dir *idle_prev, *idle_next;
	dev_t dst_dev;			/* the destination's inode; 0, 0: not known */
	ino_t dst_ino;
	bool dst_was_there;		/* that is from a look at it, before it was first opened */
};

static inline void dirs_lock(struct dirs *all)
{
	pthread_mutex_lock(&all->lock);
}

static inline void dirs_unlock(struct dirs *all)
{
	pthread_mutex_unlock(&all->lock);
}

/* Returns true if nothing is in d's destination but what the walk of d itself has made there. */
static inline bool dir_is_new(const struct dir *d)
{
	return d->created && !d->named;
}

/* For *at() calls, while d is pinned: AT_FDCWD or a descriptor */
static inline int dir_src_fd(const struct dir *d)
{
	return d->fd[DIR_SRC];
}

static inline int dir_dst_fd(const struct dir *d)
{
	return d->fd[DIR_DST];
}

#endif
