/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a directory's descriptors are opened when it is first pinned, by a call or a
 * pending copy that needs them.  Without a pin it is idle: still open, since it is likely
 * to be needed again, but the first to be closed when the budget is spent.
 *
 *		   pin                     last unpin
 *	closed -----------> open, pinned ------------> open, idle
 *	 ^   ^               |        ^                 |      |
 *	 |   |   complete    |        |       pin       |      |
 *	 |   +---------------+        +-----------------+      |
 *	 |        parked: no budget left, and longest idle     |
 *	 +-----------------------------------------------------+
 *
 *	0                                open_fds          max_fds
 *	|== pinned ==|== about to open ==|== idle ==|.... free ....|
 *
 * (open_fds is all that is drawn double.)  If nothing is idle when the budget is spent, the
 * end of some pending copy is awaited, which unpins its directory.  If no copy is pending
 * either, the budget is exceeded by the few descriptors that the caller cannot do without.
 *
 * A parked directory is opened again by name from the nearest directory above it that is
 * open, or by the ".." of a subdirectory that is complete, which comes first on the way
 * back up.  Either never follows a symlink that was not followed before, and is checked
 * to lead to the same inode: a directory that was moved away or replaced is ESTALE.
 *
 * One lock serves all directories, and is held for a few instructions.  What waits for a
 * file system is done without it, on directories that are pinned and so stay as they are.
 * Two threads that open one directory at the same time both do; one closes its own again.
 */
#include <config.h>

#include "tree/dirfds.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/locked.h"
#include "base/names.h"
#include "base/retry.h"
#include "report/quote.h"
#include "report/report.h"
#include "tree/dir.h"
#include "tree/dirlist.h"
#include "tree/dirpath.h"
#include "tree/dirresult.h"
#include "tree/dirsame.h"
#include "xalloc.h"

/* tests/hostile builds a pcp that shows what happens without this. */
#ifndef DIRFDS_NOFOLLOW
#define DIRFDS_NOFOLLOW O_NOFOLLOW
#endif

void dir_expect_dst(struct dir *d, const struct stat *st)
{
	d->dst_dev = st->st_mode ? st->st_dev : 0;
	d->dst_ino = st->st_mode ? st->st_ino : 0;
	d->dst_was_there = false;
}

void dir_expect_existing_dst(struct dir *d, const struct stat *st)
{
	dir_expect_dst(d, st);
	d->dst_was_there = true;
}

/* ----------------------------------------------------- pins and the idle list */

static void idle_append_locked(struct dir *d)
{
	struct dirs *all = d->all;

	assert(!d->idle && !d->pins);
	d->idle_prev = all->idle_last;
	*(all->idle_last ? &all->idle_last->idle_next : &all->idle_first) = d;
	all->idle_last = d;
	d->idle = true;
}

static void idle_remove_locked(struct dir *d)
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
	assert_locked(&d->all->lock);
	d->pins++;
	idle_remove_locked(d);
}

/* One descriptor less counts against the budget. */
static void release_fd_locked(struct dirs *all)
{
	assert_locked(&all->lock);
	assert(all->open_fds > 0);
	all->open_fds--;
}

void dirfds_close_locked(struct dir *d, bool reopen)
{
	struct stat st;

	idle_remove_locked(d);
	/* The inode tells later whether its name still leads to it. */
	if (reopen && d->fd[DIR_DST] >= 0 && RETRY(fstat(d->fd[DIR_DST], &st)) == 0)
		dir_expect_dst(d, &st);
	for (int side = DIR_SRC; side <= DIR_DST; side++) {
		if (d->fd[side] < 0)
			continue;
		/* Nothing was written through it: no error can be lost. */
		close(d->fd[side]);
		d->fd[side] = -1;
		release_fd_locked(d->all);
	}
}

static void unpin_locked(struct dir *d)
{
	struct dirs *all = d->all;

	assert_locked(&all->lock);
	assert(d->pins > 0);
	if (--d->pins || !d->parent || (d->fd[DIR_SRC] < 0 && d->fd[DIR_DST] < 0))
		return;
	/* What exceeds the budget was for this pin alone. */
	if (all->open_fds > all->config.max_fds)
		dirfds_close_locked(d, true);
	else
		idle_append_locked(d);
}

void dir_unpin(struct dir *d)
{
	dirs_lock(d->all);
	unpin_locked(d);
	dirs_unlock(d->all);
}

/* ------------------------------------------------------------------ the budget */

/* Park an idle directory, or await the end of a copy.  Returns false if there is neither. */
static bool make_room_locked(struct dirs *all)
{
	if (all->idle_first) {
		dirfds_close_locked(all->idle_first, true);
		return true;
	}
	dirs_unlock(all);
	bool ended = all->config.wait_one(all->config.arg);
	dirs_lock(all);
	return ended;
}

/* Let one descriptor more count against the budget, for which room is made. */
static void reserve_fd_locked(struct dirs *all)
{
	while (all->open_fds >= all->config.max_fds && make_room_locked(all))
		;
	all->open_fds++;
}

/*
 * As openat(2), of a directory.  If the process has no descriptor left, since other modules
 * have taken the last ones, room is made here.
 */
static int open_dir_at(struct dirs *all, int at, const char *name, int flags)
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

/* --------------------------------------------- a source that has no struct dir yet */

int dir_open_src(struct dir *parent, const char *name, bool follow, struct stat *ret_st)
{
	struct dirs *all = parent->all;

	dirs_lock(all);
	reserve_fd_locked(all);
	dirs_unlock(all);
	int flags = O_RDONLY | (follow ? 0 : DIRFDS_NOFOLLOW);
	int fd = open_dir_at(all, dir_src_fd(parent), name, flags);
	int err = fd < 0 || RETRY(fstat(fd, ret_st)) < 0 ? errno : 0;
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	dirs_lock(all);
	release_fd_locked(all);
	dirs_unlock(all);
	return -err;
}

void dir_give_src(struct dir *d, int fd)
{
	dirs_lock(d->all);
	assert(d->fd[DIR_SRC] < 0);
	d->fd[DIR_SRC] = fd;
	dirs_unlock(d->all);
}

void dir_close_src(struct dirs *all, int fd)
{
	close(fd);
	dirs_lock(all);
	release_fd_locked(all);
	dirs_unlock(all);
}

/* ------------------------------------------------------- opening, and opening again */

/*
 * Check that fd is the inode that d has on this side, as far as that is known.  Returns 0 or
 * -errno: ESTALE if it is another one.
 */
static int check_inode(const struct dir *d, enum dir_side side, int fd)
{
	dev_t dev = d->st.st_dev;
	ino_t ino = d->st.st_ino;
	bool was_there = false;
	struct stat opened;

	if (side == DIR_DST) {
		dirs_lock(d->all);
		dev = d->dst_dev;
		ino = d->dst_ino;
		was_there = d->dst_was_there;
		dirs_unlock(d->all);
		if (!dev && !ino)
			return 0;
	}
	if (RETRY(fstat(fd, &opened)) < 0)
		return -errno;
	if (opened.st_dev == dev && opened.st_ino == ino)
		return 0;
	return was_there && dirsame_may_be(fd, &opened, dev) ? 0 : -ESTALE;
}

/*
 * Open this side of d, which is called name in the directory at.  Returns a descriptor or
 * -errno: ESTALE if another inode has that name.
 */
static int open_checked(const struct dir *d, enum dir_side side, int at, const char *name)
{
	const int flags = d->follow[side] ? 0 : DIRFDS_NOFOLLOW;
	/* O_PATH spares NFS a round trip. */
	bool path_only = side == DIR_DST && d->all->config.dst_path_only;
	int fd = open_dir_at(d->all, at, name, (path_only ? O_PATH : O_RDONLY) | flags);

	/* It may still be searchable, which is enough for most purposes. */
	if (fd < 0 && errno == EACCES)
		fd = open_dir_at(d->all, at, name, O_PATH | flags);
	if (fd < 0)
		return -errno;
	int r = check_inode(d, side, fd);
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

/* The directories from the nearest one that is open down to the one to open */
struct path_down {
	struct dir *from;		/* open on that side, and pinned */
	struct dir **below;		/* those below it, the topmost first */
	size_t depth;			/* how many they are */
};

static void find_path_locked(struct path_down *path, struct dir *d, enum dir_side side)
{
	struct dir *up = d;

	path->from = d->parent;
	path->depth = 1;
	while (path->from->parent && path->from->fd[side] < 0) {
		path->from = path->from->parent;
		path->depth++;
	}
	dirfds_pin_locked(path->from);
	path->below = xnmalloc(path->depth, sizeof *path->below);
	for (size_t i = path->depth; i--; up = up->parent)
		path->below[i] = up;
}

/* Open the last directory of path.  Returns a descriptor or -errno. */
static int open_path(const struct path_down *path, enum dir_side side)
{
	int at = path->from->fd[side];

	for (size_t i = 0; i < path->depth && (i == 0 || at >= 0); i++) {
		const struct dir *d = path->below[i];
		int fd = open_checked(d, side, at, d->name[side]);

		if (i > 0)
			close(at);
		at = fd;
	}
	return at;
}

/* Open this side of d, which is pinned.  Returns a descriptor or -errno. */
static int open_from_above(struct dir *d, enum dir_side side)
{
	struct path_down path;

	dirs_lock(d->all);
	find_path_locked(&path, d, side);
	dirs_unlock(d->all);
	int fd = open_path(&path, side);
	dirs_lock(d->all);
	unpin_locked(path.from);
	dirs_unlock(d->all);
	free(path.below);
	return fd;
}

/*
 * Hand fd, for which a descriptor was reserved, over to d, which is pinned.  It is closed if
 * another thread was faster; a negative fd is a failure, which gives the descriptor back.
 */
static void install_fd_locked(struct dir *d, enum dir_side side, int fd)
{
	assert(d->pins > 0);
	if (fd >= 0 && d->fd[side] < 0) {
		d->fd[side] = fd;
		return;
	}
	release_fd_locked(d->all);
	if (fd >= 0)
		close(fd);
}

/* Open this side of d, which is pinned, unless it is open.  Returns 0 or an errno value. */
static int ensure_open_locked(struct dir *d, enum dir_side side)
{
	if (!d->parent || d->fd[side] >= 0 || (d->absent && side == DIR_DST))
		return 0;
	reserve_fd_locked(d->all);
	dirs_unlock(d->all);
	int fd = open_from_above(d, side);
	dirs_lock(d->all);
	install_fd_locked(d, side, fd);
	return d->fd[side] >= 0 ? 0 : -fd;
}

/* Returns true if err, of opening a directory again, says that it is not there any more. */
static bool is_gone(int err)
{
	/* The last two: something else has its name. */
	return names_gone(err) || err == ENOTDIR || err == ELOOP;
}

static void report_no_access(const struct dir *d, enum dir_side side, int err)
{
	char *path = side == DIR_SRC ? dir_src_path(d, "") : dir_dst_path(d, "");
	const struct report_about about = {
		.op = OP_OPEN,
		.source = side == DIR_SRC && is_gone(err) ? SOURCE_VANISHED : SOURCE_STAYED,
		.src = side == DIR_SRC ? path : NULL, .dst = side == DIR_DST ? path : NULL,
	};

	report_error_about(&about, err, "cannot access %s", quote_always(0, path));
	free(path);
}

static bool lose_locked(struct dir *d, enum dir_side side)
{
	bool first = !d->lost[side];

	assert_locked(&d->all->lock);
	d->lost[side] = true;
	return first;
}

bool dir_lose_src(struct dir *d)
{
	dirs_lock(d->all);
	bool first = lose_locked(d, DIR_SRC);
	dirs_unlock(d->all);
	return first;
}

/* d cannot be opened again: report that, and list d among what has failed. */
static void report_lost(struct dir *d, enum dir_side side, int err)
{
	dir_mark_unfinished(d);
	report_no_access(d, side, err);
	if (!d->doom)
		dirlist_add_dir(d);
}

/*
 * Pin d, and open its sides from first on.  Returns false after a failure, which is reported once
 * for each side.
 */
static bool pin_and_open(struct dir *d, enum dir_side first)
{
	enum dir_side side = first;
	int err;

	dirs_lock(d->all);
	dirfds_pin_locked(d);
	while (!(err = ensure_open_locked(d, side)) && side < DIR_DST)
		side++;
	bool first_time = err && lose_locked(d, side);
	if (err)
		unpin_locked(d);
	dirs_unlock(d->all);
	if (first_time)
		report_lost(d, side, err);
	return !err;
}

bool dir_pin(struct dir *d)
{
	return pin_and_open(d, DIR_SRC);
}

bool dir_pin_dst(struct dir *d)
{
	return pin_and_open(d, DIR_DST);
}

/* ------------------------------------------------------------------ the way back up */

/* Returns true if d's parent is not open on this side, and can be opened by the ".." of d. */
static bool leads_up_locked(const struct dir *d, enum dir_side side)
{
	const struct dir *up = d->parent;

	if (up->fd[side] >= 0 || d->fd[side] < 0)
		return false;
	/* What a symlink led to is elsewhere; an inode that is not known cannot be checked. */
	return !d->follow[side] && (side == DIR_SRC || up->dst_ino);
}

/* Open the parent of d by "..", instead of all the way down; both are pinned. */
static void open_parent_locked(const struct dir *d)
{
	struct dir *up = d->parent;

	if (!up->parent)
		return;
	for (int side = DIR_SRC; side <= DIR_DST; side++) {
		if (!leads_up_locked(d, side))
			continue;
		/* The budget holds: d is closed right after this. */
		d->all->open_fds++;
		dirs_unlock(d->all);
		int fd = open_checked(up, side, d->fd[side], "..");
		dirs_lock(d->all);
		install_fd_locked(up, side, fd);
	}
}

void dirfds_leave_locked(struct dir *d, bool reopen)
{
	dirfds_pin_locked(d);
	dirfds_pin_locked(d->parent);
	open_parent_locked(d);
	/* If another thread is about to link to a file in d, it has a pin, and unpins d. */
	if (d->pins == 1)
		dirfds_close_locked(d, reopen);
	unpin_locked(d);
	/* After d: while the budget is exceeded an unpinned parent is closed at once. */
	unpin_locked(d->parent);
}
