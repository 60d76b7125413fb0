/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: two counts decide the lifetime of a directory, the order of the attributes, and
 * how much memory a run takes.
 *
 *	holder					refcount	weak_refs	pins
 *
 *	a walker in the directory		   1				 1
 *	a subtree or a batch given away		   1
 *	a pending copy of an entry		   1				 1
 *	a hard link that waits for a copy	   1
 *	an entry that will be tried again	   1
 *	a subdirectory, until it is complete	   1
 *	a subdirectory, until it is freed			    1
 *	the directory itself, until complete			    1
 *	an inode with further names to come			    1
 *
 *	    dir  <---- pending copy, walker, ...
 *	     ^ ^
 *	     | +------ weak, until freed -------+
 *	     +-------- until complete --------- subdirectory  <---- pending copy, walker, ...
 *
 * References.  When the last one is dropped nothing below the directory changes any more: it
 * is complete.  The hook is called, which sets the attributes, the descriptors are closed,
 * and the reference on the parent is dropped.  So directories are completed from the leaves
 * up, each exactly once, and a run keeps no more of them than are being filled, or are
 * above one that is.
 *
 * Weak references.  A file with several names must be found again when its next name comes,
 * maybe long after its directory is complete.  A weak reference keeps the memory (names
 * and parents), by which the directory can be opened once more.
 *
 * Pins keep the descriptors open; see dirfds.c.
 */
#include <config.h>

#include "tree/dirrefs.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <libcopyfile.h>

#include "base/container.h"
#include "base/locked.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirresult.h"
#include "xalloc.h"

void dirs_init(struct dirs *all, const struct dirs_config *config, struct dir *cwd)
{
	*all = (struct dirs){ .config = *config, .lock = PTHREAD_MUTEX_INITIALIZER };
	dir_init_top(cwd, all, AT_FDCWD, "");
}

void dir_init_top(struct dir *d, struct dirs *all, int dst_fd, const char *dst_name)
{
	*d = (struct dir){
		.all = all, .name = { "", dst_name }, .refcount = 1, .weak_refs = 1,
		.fd = { AT_FDCWD, dst_fd },
	};
}

/* -------------------------------------------------------------------- references */

static void get_locked(struct dir *d)
{
	assert_locked(&d->all->lock);
	assert(d->refcount > 0);
	d->refcount++;
}

struct dir *dir_new(struct dir *parent, const char *src_name, const char *dst_name,
		    const struct stat *st)
{
	size_t src_size = strlen(src_name) + 1, dst_size = strlen(dst_name) + 1;
	struct dir *d = xmalloc(sizeof *d + src_size + dst_size);
	char *names = (char *)(d + 1);

	*d = (struct dir){
		.all = parent->all, .parent = parent, .refcount = 1, .weak_refs = 1,
		.fd = { -1, -1 }, .st = *st,
	};
	d->name[DIR_SRC] = memcpy(names, src_name, src_size);
	d->name[DIR_DST] = memcpy(names + src_size, dst_name, dst_size);
	dirs_lock(d->all);
	get_locked(parent);
	parent->weak_refs++;
	dirs_unlock(d->all);
	return d;
}

struct dir *dir_get(struct dir *d)
{
	dirs_lock(d->all);
	get_locked(d);
	dirs_unlock(d->all);
	return d;
}

void dir_get_pinned(struct dir *d)
{
	dirs_lock(d->all);
	get_locked(d);
	dirfds_pin_locked(d);
	dirs_unlock(d->all);
}

void dir_put_pinned(struct dir *d)
{
	dir_unpin(d);
	dir_put(d);
}

/* --------------------------------------------------------------- weak references */

void dir_get_weak(struct dir *d)
{
	dirs_lock(d->all);
	assert(d->weak_refs > 0);
	d->weak_refs++;
	dirs_unlock(d->all);
}

static void put_weak_locked(struct dir *d)
{
	assert_locked(&d->all->lock);
	for (;;) {
		struct dir *parent = d->parent;

		assert(d->weak_refs > 0);
		if (--d->weak_refs)
			return;
		/* What has no parent is never freed. */
		assert(parent && !d->refcount && !d->pins);
		dirfds_close_locked(d, false);
		free(d->ledger);
		free(d);
		d = parent;
	}
}

void dir_put_weak(struct dir *d)
{
	struct dirs *all = d->all;

	dirs_lock(all);
	put_weak_locked(d);
	dirs_unlock(all);
}

/* ------------------------------------------------------------------------ the end */

/* All below d is complete, and so is d then.  Returns its parent, with d's reference on it. */
static struct dir *complete(struct dir *d)
{
	struct dirs *all = d->all;
	struct dir *parent = d->parent;
	struct dir_result result = dirresult_of(d);

	copyfile_newdir_end(d->newdir);
	if (!all->config.complete(all->config.arg, d, &result))
		result.finished = result.clean = false;
	/* What is removed is no entry of the copy. */
	if (d->doom)
		result.entries = result.failed = 0;
	/* Something may stay in d that is not to go. */
	if (d->doom && !parent->doom)
		result.clean = result.finished;
	/* To count what is there is neither. */
	if (!(d->doom & DOOM_COUNT) || parent->doom)
		dirresult_add(parent, &result);
	dirs_lock(all);
	dirfds_leave_locked(d, d->weak_refs > 1);
	put_weak_locked(d);
	dirs_unlock(all);
	return parent;
}

static void complete_deferred(struct work *work)
{
	struct dir *d = container_of(work, struct dir, end);

	dir_put(complete(d));
}

/* Have another thread complete d, if that has to wait.  Returns false if none does. */
static bool defer_end(struct dir *d)
{
	const struct dirs_config *config = &d->all->config;

	d->end.run = complete_deferred;
	return config->has_end_work(config->arg, d) && config->defer(config->arg, &d->end);
}

/* Drop one reference.  Returns true if it was the last. */
static bool drop(struct dir *d)
{
	struct dirs *all = d->all;

	dirs_lock(all);
	assert(d->refcount > 0);
	bool last = --d->refcount == 0;
	dirs_unlock(all);
	return last;
}

void dir_put(struct dir *d)
{
	/* Not by recursion: a tree may be deeper than the stack. */
	while (drop(d) && !defer_end(d))
		d = complete(d);
}
