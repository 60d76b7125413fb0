/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: one mechanism settles the lifetime of descriptors, the order of
 * directory attributes, and how much memory a run takes.
 *
 * References.  A walker inside a directory, a subtree that is given away, each
 * pending copy of an entry, each subdirectory and each hard link still to be made
 * hold one.  When the last is dropped nothing below will change any more: the
 * attributes are set, the descriptors closed, the parent's reference dropped.  So
 * attributes are set from the leaves up, each exactly once, and a run holds no
 * more directories than are open or on the way to one that is.
 *
 * Holds.  A file with several names must be found again when its next name
 * comes, maybe long after its directory is finished.  A hold keeps only the
 * memory (name and parent), so that the directory can be opened once more.
 */
#include <config.h>

#include "tree/dirrefs.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "xalloc.h"

void dirs_init(struct dirs *all, const struct dirs_config *config, struct dir *cwd)
{
	*all = (struct dirs){ .config = *config, .lock = PTHREAD_MUTEX_INITIALIZER };
	*cwd = (struct dir){
		.all = all, .name = { "", "" }, .refcount = 1, .weak_refs = 1,
		.fd = { AT_FDCWD, AT_FDCWD },
	};
}

struct dir *dir_new(struct dir *parent, const char *src_name, const char *dst_name,
		    const struct stat *st)
{
	size_t src_size = strlen(src_name) + 1, dst_size = strlen(dst_name) + 1;
	struct dir *d = xmalloc(sizeof *d + src_size + dst_size);

	*d = (struct dir){
		.all = parent->all, .parent = parent, .refcount = 1, .weak_refs = 1,
		.fd = { -1, -1 }, .st = *st,
	};
	d->name[DIR_SRC] = memcpy((char *)(d + 1), src_name, src_size);
	d->name[DIR_DST] = memcpy((char *)(d + 1) + src_size, dst_name, dst_size);
	dirs_lock(d->all);
	parent->refcount++;
	parent->weak_refs++;
	dirs_unlock(d->all);
	return d;
}

struct dir *dir_get(struct dir *d)
{
	dirs_lock(d->all);
	d->refcount++;
	dirs_unlock(d->all);
	return d;
}

void dir_get_weak(struct dir *d)
{
	dirs_lock(d->all);
	d->weak_refs++;
	dirs_unlock(d->all);
}

void dir_get_pinned(struct dir *d)
{
	dirs_lock(d->all);
	d->refcount++;
	dirfds_pin_locked(d);
	dirs_unlock(d->all);
}

void dir_put_pinned(struct dir *d)
{
	dir_unpin(d);
	dir_put(d);
}

/* ------------------------------------------------------------ the end */

static void put_weak_locked(struct dir *d)
{
	while (--d->weak_refs == 0) {
		struct dir *parent = d->parent;

		dirfds_close_locked(d, false);
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

/* All below d is done: the end of d.  Returns its parent, with d's reference on it. */
static struct dir *finish(struct dir *d)
{
	struct dirs *all = d->all;
	struct dir *parent = d->parent;

	all->config.complete(all->config.arg, d);
	dirs_lock(all);
	dirfds_leave_locked(d, d->weak_refs > 1);
	put_weak_locked(d);
	dirs_unlock(all);
	return parent;
}

static void finish_deferred(struct work *work)
{
	struct dir *d = container_of(work, struct dir, end);

	dir_put(finish(d));
}

/* Have another thread complete d, if that may take long.  Returns false if none does. */
static bool defer_end(struct dir *d)
{
	const struct dirs_config *config = &d->all->config;

	d->end.run = finish_deferred;
	return config->has_end_work(config->arg, d) && config->defer(config->arg, &d->end);
}

void dir_put(struct dir *d)
{
	struct dirs *all = d->all;

	/* Not by recursion: a tree may be deeper than the stack. */
	for (;;) {
		dirs_lock(all);
		bool last = --d->refcount == 0;
		dirs_unlock(all);
		if (!last)
			return;
		if (defer_end(d))
			return;
		d = finish(d);
	}
}
