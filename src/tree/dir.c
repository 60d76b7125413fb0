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
 *
 * Descriptors.  Opened when first used.  The users of a directory are the calls
 * and pending copies that need them now; with none it is idle: open still, but
 * when the budget (struct dirs) is spent the one idle for longest is parked,
 * its descriptors closed.  A parked directory is opened again through its
 * parents, or by ".." of a child that is done, whichever is nearer; never
 * following a symlink, and only if it still is the same inode.  If all are in
 * use, the end of some pending copy is awaited first; if none is pending, the
 * budget is exceeded by a few.
 *
 * One lock for all, held for a few instructions: what waits for a file system
 * is done without it, on directories that are in use and so stay.  Two threads
 * that open one directory at a time both do; one of them closes its own again.
 */
#include <config.h>

#include "tree/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/options.h"
#include "base/retry.h"
#include "copy/attrs.h"
#include "report/quote.h"
#include "report/report.h"
#include "tree/byfd.h"
#include "xalloc.h"

enum side { SRC, DST };

static void lock(struct dirs *all)
{
	pthread_mutex_lock(&all->lock);
}

static void unlock(struct dirs *all)
{
	pthread_mutex_unlock(&all->lock);
}

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
	lock(d->all);
	parent->refcount++;
	parent->weak_refs++;
	unlock(d->all);
	return d;
}

void dir_expect_dst(struct dir *d, const struct stat *st)
{
	d->dst_dev = st->st_mode ? st->st_dev : 0;
	d->dst_ino = st->st_mode ? st->st_ino : 0;
}

struct dir *dir_get(struct dir *d)
{
	lock(d->all);
	d->refcount++;
	unlock(d->all);
	return d;
}

void dir_get_weak(struct dir *d)
{
	lock(d->all);
	d->weak_refs++;
	unlock(d->all);
}

/* --------------------------------------------------- the idle, parking */

static void unlist_locked(struct dir *d)
{
	struct dirs *all = d->all;

	if (!d->idle)
		return;
	*(d->idle_prev ? &d->idle_prev->idle_next : &all->idle_first) = d->idle_next;
	*(d->idle_next ? &d->idle_next->idle_prev : &all->idle_last) = d->idle_prev;
	d->idle_prev = d->idle_next = NULL;
	d->idle = false;
}

static void pin_locked(struct dir *d)
{
	d->pins++;
	unlist_locked(d);
}

/* With again, d may be opened once more, and the destination must be known then. */
static void close_locked(struct dir *d, bool again)
{
	struct stat st;

	unlist_locked(d);
	if (again && d->fd[DST] >= 0 && RETRY(fstat(d->fd[DST], &st)) == 0) {
		d->dst_dev = st.st_dev;
		d->dst_ino = st.st_ino;
	}
	for (int side = SRC; side <= DST; side++) {
		if (d->fd[side] < 0)
			continue;
		/* Only looked through, never written to: no result can be lost. */
		close(d->fd[side]);
		d->fd[side] = -1;
		d->all->open_fds--;
	}
}

static void unpin_locked(struct dir *d)
{
	struct dirs *all = d->all;

	if (--d->pins || !d->parent || (d->fd[SRC] < 0 && d->fd[DST] < 0))
		return;
	/* With hardly any descriptors those above the budget were needed only now. */
	if (all->open_fds > all->max_fds) {
		close_locked(d, true);
		return;
	}
	d->idle_prev = all->idle_last;
	*(all->idle_last ? &all->idle_last->idle_next : &all->idle_first) = d;
	all->idle_last = d;
	d->idle = true;
}

/* Close a directory, or await the end of a copy.  False: neither is possible. */
static bool make_room_locked(struct dirs *all)
{
	if (all->idle_first) {
		close_locked(all->idle_first, true);
		return true;
	}
	unlock(all);
	bool relieved = all->wait_one(all->arg);
	lock(all);
	return relieved;
}

/* Take one descriptor of the budget; what is idle makes room. */
static void reserve_locked(struct dirs *all)
{
	while (all->open_fds >= all->max_fds && make_room_locked(all))
		;
	all->open_fds++;
}

/* As openat(2), also where others have taken the last descriptors of the process. */
static int open_at(struct dirs *all, int at, const char *name, int flags)
{
	bool again = true;
	int fd = -1;

	while (again && (fd = openat(at, name, flags | O_DIRECTORY | O_CLOEXEC)) < 0) {
		int err = errno;

		again = err == EINTR;
		if (err == EMFILE) {
			lock(all);
			again = make_room_locked(all);
			unlock(all);
		}
		errno = err;
	}
	return fd;
}

/* ------------------------------------------------------------- opening */

/* Is fd what d was on this side? */
static bool is_same(const struct dir *d, enum side side, int fd)
{
	dev_t dev = d->st.st_dev;
	ino_t ino = d->st.st_ino;
	struct stat now;

	if (side == DST) {
		lock(d->all);
		dev = d->dst_dev;
		ino = d->dst_ino;
		unlock(d->all);
		if (!dev && !ino)
			return true;
	}
	return RETRY(fstat(fd, &now)) == 0 && now.st_dev == dev && now.st_ino == ino;
}

/* Open name in the directory at; d is what it is to be.  Descriptor or -errno. */
static int open_checked(const struct dir *d, enum side side, int at, const char *name)
{
	bool follow = side == SRC ? d->follow_src : d->follow_dst;
	const int flags = follow ? 0 : O_NOFOLLOW;
	/* Opening it to no more than look through it spares NFS a round trip. */
	bool look = side == DST && !d->all->opts->attrs;
	int fd = open_at(d->all, at, name, (look ? O_PATH : O_RDONLY) | flags);

	/* Searchable may be enough. */
	if (fd < 0 && errno == EACCES)
		fd = open_at(d->all, at, name, O_PATH | flags);
	if (fd < 0)
		return -errno;
	if (is_same(d, side, fd))
		return fd;
	close(fd);
	return -ESTALE;
}

int dir_open_src(struct dir *parent, const char *name, bool follow, struct stat *ret_st)
{
	struct dirs *all = parent->all;

	lock(all);
	reserve_locked(all);
	unlock(all);
	int fd = open_at(all, parent->fd[SRC], name, O_RDONLY | (follow ? 0 : O_NOFOLLOW));
	int err = fd < 0 || RETRY(fstat(fd, ret_st)) < 0 ? errno : 0;
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	lock(all);
	all->open_fds--;
	unlock(all);
	return -err;
}

void dir_give_src(struct dir *d, int fd)
{
	lock(d->all);
	d->fd[SRC] = fd;
	unlock(d->all);
}

void dir_close_src(struct dirs *all, int fd)
{
	close(fd);
	lock(all);
	all->open_fds--;
	unlock(all);
}

/* The way down to a directory from the nearest parent that is open */
struct way {
	struct dir *above;		/* in use */
	struct dir **down;		/* below it, d itself last */
	size_t depth;
};

static void find_way_locked(struct way *way, struct dir *d, enum side side)
{
	struct dir *up = d;

	way->above = d->parent;
	way->depth = 1;
	while (way->above->parent && way->above->fd[side] < 0) {
		way->above = way->above->parent;
		way->depth++;
	}
	pin_locked(way->above);
	/* From the top down: the parents' names are linked only upwards. */
	way->down = xnmalloc(way->depth, sizeof *way->down);
	for (size_t i = way->depth; i--; up = up->parent)
		way->down[i] = up;
}

/* Descriptor or -errno */
static int go_down(const struct way *way, enum side side)
{
	int at = way->above->fd[side];

	for (size_t i = 0; i < way->depth && (i == 0 || at >= 0); i++) {
		const struct dir *d = way->down[i];
		int fd = open_checked(d, side, at, side == SRC ? d->src_name : d->dst_name);

		if (i > 0)
			close(at);
		at = fd;
	}
	return at;
}

/* d is in use and not open on side: open it without the lock.  Descriptor or -errno. */
static int open_unlocked(struct dir *d, enum side side)
{
	struct way way;

	lock(d->all);
	find_way_locked(&way, d, side);
	unlock(d->all);
	int fd = go_down(&way, side);
	lock(d->all);
	unpin_locked(way.above);
	unlock(d->all);
	free(way.down);
	return fd;
}

/* Let d, which is in use, have fd, for which a descriptor is reserved. */
static void set_fd_locked(struct dir *d, enum side side, int fd)
{
	if (fd < 0 || d->fd[side] >= 0) {
		/* A failure; or another thread was faster. */
		d->all->open_fds--;
		if (fd >= 0)
			close(fd);
		return;
	}
	d->fd[side] = fd;
}

/* Open d, which is in use, on one side if it is not.  0 or errno. */
static int open_locked(struct dir *d, enum side side)
{
	if (!d->parent || d->fd[side] >= 0)
		return 0;
	reserve_locked(d->all);
	unlock(d->all);
	int fd = open_unlocked(d, side);
	lock(d->all);
	set_fd_locked(d, side, fd);
	return d->fd[side] >= 0 ? 0 : -fd;
}

/* Use d, open from this side on.  False after a failure, which is reported. */
static bool use(struct dir *d, enum side from)
{
	enum side side = from;
	int err = 0;

	lock(d->all);
	pin_locked(d);
	for (; side <= DST && !err; side++)
		err = open_locked(d, side);
	if (err)
		unpin_locked(d);
	unlock(d->all);
	if (!err)
		return true;
	char *path = side - 1 == SRC ? dir_src_path(d, "") : dir_dst_path(d, "");
	const struct report_about about = {
		.op = OP_OPEN, .src = side - 1 == SRC ? path : NULL, .dst = side - 1 == DST ? path : NULL,
	};
	report_error_about(&about, err, "cannot access %s", quote_always(0, path));
	free(path);
	return false;
}

bool dir_pin_dst(struct dir *d)
{
	return use(d, DST);
}

bool dir_pin(struct dir *d)
{
	return use(d, SRC);
}

void dir_unpin(struct dir *d)
{
	lock(d->all);
	unpin_locked(d);
	unlock(d->all);
}

void dir_get_pinned(struct dir *d)
{
	lock(d->all);
	d->refcount++;
	d->pins++;
	unlock(d->all);
}

void dir_put_pinned(struct dir *d)
{
	dir_unpin(d);
	dir_put(d);
}

int dir_src_fd(const struct dir *d)
{
	return d->fd[SRC];
}

int dir_dst_fd(const struct dir *d)
{
	return d->fd[DST];
}

/* ------------------------------------------------------------ the end */

/* 0, or -1 and errno */
static int set_times(const struct dir *d)
{
	const struct timespec times[] = { d->st.st_atim, d->st.st_mtim };

	return byfd_utimens(d->fd[DST], times);
}

/* Copy what the options ask for; the times are those from before the walk. */
static void copy_attributes(struct dir *d)
{
	const struct options *o = d->all->opts;
	struct copyfile_info info;

	if (!dir_pin(d))
		return;
	int r = copyfile_attrs(d->fd[SRC], d->fd[DST],
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
	int fd = d->fd[DST];
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

/*
 * The way back up: the parent, if it is parked, by ".." of d, which is done and
 * in use, instead of all the way down.
 */
static void open_parent_locked(const struct dir *d)
{
	struct dir *up = d->parent;

	if (!up->parent)
		return;
	pin_locked(up);
	for (int side = SRC; side <= DST; side++) {
		/* Nor is the ".." of what a symlink led to. */
		if (up->fd[side] >= 0 || d->fd[side] < 0 || (side == DST && !up->dst_ino) ||
		    (side == SRC ? d->follow_src : d->follow_dst))
			continue;
		/* d's own descriptor goes right after this: the budget holds. */
		d->all->open_fds++;
		unlock(d->all);
		int fd = open_checked(up, side, d->fd[side], "..");
		lock(d->all);
		set_fd_locked(up, side, fd);
	}
	unpin_locked(up);
}

static void put_weak_locked(struct dir *d)
{
	while (--d->weak_refs == 0) {
		struct dir *parent = d->parent;

		close_locked(d, false);
		free(d);
		d = parent;
	}
}

void dir_put_weak(struct dir *d)
{
	struct dirs *all = d->all;

	lock(all);
	put_weak_locked(d);
	unlock(all);
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
	lock(all);
	pin_locked(d);
	open_parent_locked(d);
	/* A hard link may be made from here just now: then it is left open. */
	if (d->pins == 1)
		close_locked(d, d->weak_refs > 1);
	unpin_locked(d);
	put_weak_locked(d);
	unlock(all);
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
		lock(all);
		bool last = --d->refcount == 0;
		unlock(all);
		if (!last)
			return;
		d->end.run = finish_deferred;
		if (has_attributes_to_set(d) && all->defer(all->arg, &d->end))
			return;
		d = finish(d);
	}
}
