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

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <libcopyfile.h>

#include "base/container.h"
#include "base/options.h"
#include "base/retry.h"
#include "copy/attrs.h"
#include "report/quote.h"
#include "report/report.h"
#include "tree/byfd.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"
#include "xalloc.h"

void dirs_init(struct dirs *all, struct dir *cwd)
{
	pthread_mutex_init(&all->lock, NULL);
	*cwd = (struct dir){
		.all = all, .src_name = "", .dst_name = "", .refcount = 1, .weak_refs = 1,
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
	d->src_name = memcpy((char *)(d + 1), src_name, src_size);
	d->dst_name = memcpy((char *)(d + 1) + src_size, dst_name, dst_size);
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

/* 0, or -1 and errno */
static int set_times(const struct dir *d)
{
	const struct timespec times[] = { d->st.st_atim, d->st.st_mtim };

	return byfd_utimens(d->fd[DIR_DST], times);
}

/* Copy what the options ask for; the times are those from before the walk. */
static void copy_attributes(struct dir *d)
{
	const struct options *o = d->all->opts;
	struct copyfile_info info;

	if (!dir_pin(d))
		return;
	int r = copyfile_attrs(d->fd[DIR_SRC], d->fd[DIR_DST],
			       (o->attrs & ~COPYFILE_TIMES) | COPYFILE_LENIENT);
	copyfile_info(0, &info, sizeof info);
	if (r == 0 && o->attrs & COPYFILE_TIMES && set_times(d) < 0) {
		info.skipped |= COPYFILE_TIMES;
		info.skipped_error = info.skipped_error ? info.skipped_error : -errno;
	}
	char *dst = dir_dst_path(d, "");
	const struct report_about about = { .op = OP_ATTRIBUTES, .dst = dst };
	if (r < 0)
		attrs_error(&about, -r, "setting attributes for %s");
	else
		attrs_report(o, &info, &about);
	free(dst);
	dir_unpin(d);
}

static void set_mode(struct dir *d)
{
	struct stat st = { .st_mode = 0 };
	mode_t keep = 07777;

	if (!dir_pin_dst(d))
		return;
	int fd = d->fd[DIR_DST];
	if (d->all->opts->default_mode) {
		/* Its rights are to be those of the mode alone, whatever an ACL gave. */
		byfd_drop_acl(fd);
		keep = 07000;
	}
	int r = RETRY(fstat(fd, &st));
	mode_t mode = ((st.st_mode & keep) | d->add_mode) & ~d->drop_mode;
	/* There are file systems that refuse what changes nothing, too. */
	if (r == 0 && mode != (st.st_mode & 07777))
		r = byfd_chmod(fd, mode);
	if (r < 0) {
		int err = errno;
		char *dst = dir_dst_path(d, "");

		attrs_error(&(struct report_about){ .op = OP_ATTRIBUTES, .dst = dst }, err,
			    "setting permissions for %s");
		free(dst);
	}
	dir_unpin(d);
}

static bool has_attributes_to_set(const struct dir *d)
{
	return !d->make_failed && (d->all->opts->attrs || d->add_mode || d->drop_mode);
}

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

	if (!d->make_failed && d->all->opts->attrs)
		copy_attributes(d);
	if (!d->make_failed && (d->add_mode || d->drop_mode))
		set_mode(d);
	dirs_lock(all);
	dirfds_leave_locked(d, d->weak_refs > 1);
	put_weak_locked(d);
	dirs_unlock(all);
	return parent;
}

static void finish_deferred(struct work *work)
{
	struct dir *d = (struct dir *)((char *)work - offsetof(struct dir, end));

	dir_put(finish(d));
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
		d->end.run = finish_deferred;
		if (has_attributes_to_set(d) && all->defer(all->arg, &d->end))
			return;
		d = finish(d);
	}
}
