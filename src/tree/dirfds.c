/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: opened when first used.  The users of a directory are the calls
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

#include "tree/dirfds.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/retry.h"
#include "report/quote.h"
#include "report/report.h"
#include "tree/dir.h"
#include "tree/dirpath.h"
#include "xalloc.h"

void dir_expect_dst(struct dir *d, const struct stat *st)
{
	d->dst_dev = st->st_mode ? st->st_dev : 0;
	d->dst_ino = st->st_mode ? st->st_ino : 0;
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

void dirfds_pin_locked(struct dir *d)
{
	d->pins++;
	unlist_locked(d);
}

/* With again, d may be opened once more, and the destination must be known then. */
void dirfds_close_locked(struct dir *d, bool again)
{
	struct stat st;

	unlist_locked(d);
	if (again && d->fd[DIR_DST] >= 0 && RETRY(fstat(d->fd[DIR_DST], &st)) == 0) {
		d->dst_dev = st.st_dev;
		d->dst_ino = st.st_ino;
	}
	for (int side = DIR_SRC; side <= DIR_DST; side++) {
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

	if (--d->pins || !d->parent || (d->fd[DIR_SRC] < 0 && d->fd[DIR_DST] < 0))
		return;
	/* With hardly any descriptors those above the budget were needed only now. */
	if (all->open_fds > all->config.max_fds) {
		dirfds_close_locked(d, true);
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
		dirfds_close_locked(all->idle_first, true);
		return true;
	}
	dirs_unlock(all);
	bool relieved = all->config.wait_one(all->config.arg);
	dirs_lock(all);
	return relieved;
}

/* Take one descriptor of the budget; what is idle makes room. */
static void reserve_locked(struct dirs *all)
{
	while (all->open_fds >= all->config.max_fds && make_room_locked(all))
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
			dirs_lock(all);
			again = make_room_locked(all);
			dirs_unlock(all);
		}
		errno = err;
	}
	return fd;
}

/* ------------------------------------------------------------- opening */

/* Is fd what d was on this side? */
static bool is_same(const struct dir *d, enum dir_side side, int fd)
{
	dev_t dev = d->st.st_dev;
	ino_t ino = d->st.st_ino;
	struct stat now;

	if (side == DIR_DST) {
		dirs_lock(d->all);
		dev = d->dst_dev;
		ino = d->dst_ino;
		dirs_unlock(d->all);
		if (!dev && !ino)
			return true;
	}
	return RETRY(fstat(fd, &now)) == 0 && now.st_dev == dev && now.st_ino == ino;
}

/* Open name in the directory at; d is what it is to be.  Descriptor or -errno. */
static int open_checked(const struct dir *d, enum dir_side side, int at, const char *name)
{
	const int flags = d->follow[side] ? 0 : O_NOFOLLOW;
	/* Opening it to no more than look through it spares NFS a round trip. */
	bool look = side == DIR_DST && d->all->config.dst_path_only;
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

	dirs_lock(all);
	reserve_locked(all);
	dirs_unlock(all);
	int fd = open_at(all, parent->fd[DIR_SRC], name, O_RDONLY | (follow ? 0 : O_NOFOLLOW));
	int err = fd < 0 || RETRY(fstat(fd, ret_st)) < 0 ? errno : 0;
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	dirs_lock(all);
	all->open_fds--;
	dirs_unlock(all);
	return -err;
}

void dir_give_src(struct dir *d, int fd)
{
	dirs_lock(d->all);
	d->fd[DIR_SRC] = fd;
	dirs_unlock(d->all);
}

void dir_close_src(struct dirs *all, int fd)
{
	close(fd);
	dirs_lock(all);
	all->open_fds--;
	dirs_unlock(all);
}

/* The way down to a directory from the nearest parent that is open */
struct way {
	struct dir *above;		/* in use */
	struct dir **down;		/* below it, d itself last */
	size_t depth;
};

static void find_way_locked(struct way *way, struct dir *d, enum dir_side side)
{
	struct dir *up = d;

	way->above = d->parent;
	way->depth = 1;
	while (way->above->parent && way->above->fd[side] < 0) {
		way->above = way->above->parent;
		way->depth++;
	}
	dirfds_pin_locked(way->above);
	/* From the top down: the parents' names are linked only upwards. */
	way->down = xnmalloc(way->depth, sizeof *way->down);
	for (size_t i = way->depth; i--; up = up->parent)
		way->down[i] = up;
}

/* Descriptor or -errno */
static int go_down(const struct way *way, enum dir_side side)
{
	int at = way->above->fd[side];

	for (size_t i = 0; i < way->depth && (i == 0 || at >= 0); i++) {
		const struct dir *d = way->down[i];
		int fd = open_checked(d, side, at, d->name[side]);

		if (i > 0)
			close(at);
		at = fd;
	}
	return at;
}

/* d is in use and not open on side: open it without the lock.  Descriptor or -errno. */
static int open_unlocked(struct dir *d, enum dir_side side)
{
	struct way way;

	dirs_lock(d->all);
	find_way_locked(&way, d, side);
	dirs_unlock(d->all);
	int fd = go_down(&way, side);
	dirs_lock(d->all);
	unpin_locked(way.above);
	dirs_unlock(d->all);
	free(way.down);
	return fd;
}

/* Let d, which is in use, have fd, for which a descriptor is reserved. */
static void set_fd_locked(struct dir *d, enum dir_side side, int fd)
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
static int open_locked(struct dir *d, enum dir_side side)
{
	if (!d->parent || d->fd[side] >= 0)
		return 0;
	reserve_locked(d->all);
	dirs_unlock(d->all);
	int fd = open_unlocked(d, side);
	dirs_lock(d->all);
	set_fd_locked(d, side, fd);
	return d->fd[side] >= 0 ? 0 : -fd;
}

/* Use d, open from this side on.  False after a failure, which is reported. */
static bool use(struct dir *d, enum dir_side from)
{
	enum dir_side side = from;
	int err = 0;

	dirs_lock(d->all);
	dirfds_pin_locked(d);
	for (; side <= DIR_DST && !err; side++)
		err = open_locked(d, side);
	if (err)
		unpin_locked(d);
	dirs_unlock(d->all);
	if (!err)
		return true;
	char *path = side - 1 == DIR_SRC ? dir_src_path(d, "") : dir_dst_path(d, "");
	const struct report_about about = {
		.op = OP_OPEN, .src = side - 1 == DIR_SRC ? path : NULL, .dst = side - 1 == DIR_DST ? path : NULL,
	};
	report_error_about(&about, err, "cannot access %s", quote_always(0, path));
	free(path);
	return false;
}

bool dir_pin_dst(struct dir *d)
{
	return use(d, DIR_DST);
}

bool dir_pin(struct dir *d)
{
	return use(d, DIR_SRC);
}

void dir_unpin(struct dir *d)
{
	dirs_lock(d->all);
	unpin_locked(d);
	dirs_unlock(d->all);
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
	dirfds_pin_locked(up);
	for (int side = DIR_SRC; side <= DIR_DST; side++) {
		/* Nor is the ".." of what a symlink led to. */
		if (up->fd[side] >= 0 || d->fd[side] < 0 || (side == DIR_DST && !up->dst_ino) || d->follow[side])
			continue;
		/* d's own descriptor goes right after this: the budget holds. */
		d->all->open_fds++;
		dirs_unlock(d->all);
		int fd = open_checked(up, side, d->fd[side], "..");
		dirs_lock(d->all);
		set_fd_locked(up, side, fd);
	}
	unpin_locked(up);
}

void dirfds_leave_locked(struct dir *d, bool again)
{
	dirfds_pin_locked(d);
	open_parent_locked(d);
	/* A hard link may be made from here just now: then it is left open. */
	if (d->pins == 1)
		dirfds_close_locked(d, again);
	unpin_locked(d);
}
