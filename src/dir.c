/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: one mechanism settles the lifetime of descriptors, the order of
 * directory attributes, and how much memory a run takes.
 *
 * References.  A walker inside a directory, each pending copy of an entry, each
 * subdirectory and each hard link still to be made hold one.  When the last is
 * dropped nothing below will change any more: the attributes are set, the
 * descriptors closed, the parent's reference dropped.  So attributes are set
 * from the leaves up, each exactly once, and a run holds no more directories
 * than are open or on the way to one that is.
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
 * use, some pending copy is awaited first.
 */
#include <config.h>

#include "dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "attrs.h"
#include "options.h"
#include "report.h"
#include "xalloc.h"

enum side { SRC, DST };

void dir_init_cwd(struct dir *d, struct dirs *all)
{
	*d = (struct dir){
		.all = all, .src_name = "", .dst_name = "", .refs = 1,
		.fd = { AT_FDCWD, AT_FDCWD },
	};
}

struct dir *dir_new(struct dir *parent, const char *src_name, const char *dst_name,
		    const struct stat *st)
{
	size_t src_size = strlen(src_name) + 1, dst_size = strlen(dst_name) + 1;
	struct dir *d = xmalloc(sizeof *d + src_size + dst_size);

	*d = (struct dir){
		.all = parent->all, .parent = dir_get(parent), .refs = 1,
		.fd = { -1, -1 }, .st = *st,
	};
	dir_hold(parent);
	d->src_name = memcpy((char *)(d + 1), src_name, src_size);
	d->dst_name = memcpy((char *)(d + 1) + src_size, dst_name, dst_size);
	return d;
}

struct dir *dir_get(struct dir *d)
{
	d->refs++;
	return d;
}

void dir_hold(struct dir *d)
{
	d->holds++;
}

/* --------------------------------------------------------------- names */

static const char *name_in(const struct dir *d, enum side side)
{
	return side == SRC ? d->src_name : d->dst_name;
}

static char *path_of(const struct dir *d, enum side side, const char *name)
{
	size_t len = strlen(name) + 1;

	for (const struct dir *up = d; up->parent; up = up->parent)
		len += strlen(name_in(up, side)) + 1;
	char *path = xmalloc(len), *at = path + len - (strlen(name) + 1);
	strcpy(at, name);
	for (const struct dir *up = d; up->parent; up = up->parent) {
		const char *part = name_in(up, side);
		size_t n = strlen(part);

		/* "dir/" + "x" needs no further slash; nor does "" after all. */
		if (*at && n && part[n - 1] != '/')
			*--at = '/';
		at -= n;
		memcpy(at, part, n);
	}
	return memmove(path, at, strlen(at) + 1);
}

char *dir_src_path(const struct dir *d, const char *name)
{
	return path_of(d, SRC, name);
}

char *dir_dst_path(const struct dir *d, const char *name)
{
	return path_of(d, DST, name);
}

/* --------------------------------------------------- the idle, parking */

static bool is_open(const struct dir *d)
{
	return d->fd[SRC] >= 0 || d->fd[DST] >= 0;
}

static void unlist(struct dir *d)
{
	struct dirs *all = d->all;

	if (!d->idle)
		return;
	*(d->idle_prev ? &d->idle_prev->idle_next : &all->idle_first) = d->idle_next;
	*(d->idle_next ? &d->idle_next->idle_prev : &all->idle_last) = d->idle_prev;
	d->idle_prev = d->idle_next = NULL;
	d->idle = false;
}

static void list_if_idle(struct dir *d)
{
	struct dirs *all = d->all;

	if (d->idle || d->users || !d->parent || !is_open(d))
		return;
	d->idle_prev = all->idle_last;
	*(all->idle_last ? &all->idle_last->idle_next : &all->idle_first) = d;
	all->idle_last = d;
	d->idle = true;
}

static void close_side(struct dir *d, enum side side)
{
	if (d->fd[side] < 0)
		return;
	close(d->fd[side]);
	d->fd[side] = -1;
	d->all->open_fds--;
}

static void close_both(struct dir *d)
{
	unlist(d);
	close_side(d, SRC);
	close_side(d, DST);
}

/* To be found again the destination must be known; the source is from d->st. */
static void note_destination(struct dir *d)
{
	if (!d->dst_known && d->fd[DST] >= 0)
		d->dst_known = fstat(d->fd[DST], &d->dst_id) == 0;
}

static void park(struct dir *d)
{
	note_destination(d);
	close_both(d);
}

/* Make room in the budget for one more descriptor. */
static void reserve(struct dirs *all)
{
	while (all->open_fds >= all->max_fds) {
		if (all->idle_first)
			park(all->idle_first);
		else if (!all->relieve(all->relieve_arg))
			return;
	}
}

/* ------------------------------------------------------------- opening */

/* Is fd what d was on this side? */
static bool is_same(const struct dir *d, enum side side, int fd)
{
	const struct stat *was = side == SRC ? &d->st : &d->dst_id;
	struct stat now;

	if (side == DST && !d->dst_known)
		return true;
	return fstat(fd, &now) == 0 && now.st_dev == was->st_dev && now.st_ino == was->st_ino;
}

/* Open name in the directory at; d is what it is to be.  -1 and errno. */
static int open_checked(const struct dir *d, enum side side, int at, const char *name)
{
	const int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(at, name, O_RDONLY | flags);

	/* Searchable may be enough. */
	if (fd < 0 && errno == EACCES)
		fd = openat(at, name, O_PATH | flags);
	if (fd >= 0 && !is_same(d, side, fd)) {
		close(fd);
		errno = ESTALE;
		return -1;
	}
	return fd;
}

static void set_fd(struct dir *d, enum side side, int fd)
{
	d->fd[side] = fd;
	if (fd >= 0)
		d->all->open_fds++;
}

/* Open d on one side by way of the nearest parent that is open.  0 or errno. */
static int open_from_above(struct dir *d, enum side side)
{
	const struct dir *above = d->parent;
	size_t depth = 1;

	while (above->parent && above->fd[side] < 0) {
		above = above->parent;
		depth++;
	}
	/* From the top down: the parents' names are linked only upwards. */
	struct dir **way = xnmalloc(depth, sizeof *way);
	struct dir *up = d;
	for (size_t i = depth; i--; up = up->parent)
		way[i] = up;

	int at = above->fd[side], err = 0;
	for (size_t i = 0; i < depth && !err; i++) {
		int fd = open_checked(way[i], side, at, name_in(way[i], side));

		err = fd < 0 ? errno : 0;
		if (i > 0)
			close(at);
		at = fd;
	}
	free(way);
	if (!err)
		set_fd(d, side, at);
	return err;
}

/* Open d on one side if it is not; hint: see dir_use().  0 or errno. */
static int open_side(struct dir *d, enum side side, int hint)
{
	if (!d->parent || d->fd[side] >= 0)
		return 0;
	reserve(d->all);
	/* What ended meanwhile may have been a child, and have opened it. */
	if (d->fd[side] >= 0)
		return 0;
	if (hint >= 0) {
		int fd = fcntl(hint, F_DUPFD_CLOEXEC, 3);

		if (fd < 0)
			return errno;
		if (is_same(d, side, fd)) {
			set_fd(d, side, fd);
			return 0;
		}
		close(fd);
	}
	return open_from_above(d, side);
}

static bool use(struct dir *d, enum side side, int hint)
{
	int err;

	unlist(d);
	d->users++;
	err = open_side(d, side, hint);
	if (!err)
		return true;
	char *path = path_of(d, side, "");
	report_error(err, "cannot access %s", report_quote(0, path));
	free(path);
	dir_release(d);
	return false;
}

bool dir_use_dst(struct dir *d)
{
	return use(d, DST, -1);
}

bool dir_use(struct dir *d, int hint)
{
	if (!use(d, SRC, hint))
		return false;
	bool ok = use(d, DST, -1);
	if (ok)
		d->users--;	/* one release for both */
	else
		dir_release(d);
	return ok;
}

void dir_release(struct dir *d)
{
	d->users--;
	list_if_idle(d);
}

/* The way back up: ".." of a child that is done, instead of all the way down. */
static void open_parent_of(struct dir *child)
{
	struct dir *d = child->parent;

	if (!d->parent)
		return;
	for (int side = SRC; side <= DST; side++) {
		if (d->fd[side] >= 0 || child->fd[side] < 0 || (side == DST && !d->dst_known))
			continue;
		/* The child's descriptor goes right after this: the budget holds. */
		set_fd(d, side, open_checked(d, side, child->fd[side], ".."));
	}
	list_if_idle(d);
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

/* Copy what the options ask for; the times are those from before the walk. */
static void copy_attributes(struct dir *d)
{
	const struct options *o = d->all->opts;
	struct copyfile_info info;

	if (!dir_use(d, -1))
		return;
	int r = copyfile_attrs(d->fd[SRC], d->fd[DST],
			       (o->attrs & ~COPYFILE_TIMES) | COPYFILE_LENIENT);
	copyfile_info(0, &info, sizeof info);
	if (r == 0 && o->attrs & COPYFILE_TIMES &&
	    futimens(d->fd[DST], (struct timespec[]){ d->st.st_atim, d->st.st_mtim })) {
		info.skipped |= COPYFILE_TIMES;
		info.skipped_error = info.skipped_error ? info.skipped_error : -errno;
	}
	char *dst = path_of(d, DST, "");
	if (r < 0)
		report_error(-r, "setting attributes for %s", report_quote(0, dst));
	else
		attrs_report(o, &info, dst);
	free(dst);
	dir_release(d);
}

static void set_mode(struct dir *d)
{
	struct stat st;

	if (!dir_use_dst(d))
		return;
	if (fstat(d->fd[DST], &st) < 0 ||
	    fchmod(d->fd[DST], ((st.st_mode & 07777) | d->add_mode) & ~d->drop_mode) < 0) {
		int err = errno;
		char *dst = path_of(d, DST, "");

		report_error(err, "setting permissions for %s", report_quote(0, dst));
		free(dst);
	}
	dir_release(d);
}

static void finish(struct dir *d)
{
	if (d->created_failed)
		return;
	if (d->all->opts->attrs)
		copy_attributes(d);
	else if (d->add_mode || d->drop_mode)
		set_mode(d);
}

void dir_unhold(struct dir *d)
{
	while (d && --d->holds == 0 && d->parent && d->refs == 0) {
		struct dir *parent = d->parent;

		close_both(d);
		free(d);
		d = parent;
	}
}

void dir_put(struct dir *d)
{
	/* Not by recursion: a tree may be deeper than the stack. */
	while (d && --d->refs == 0) {
		struct dir *parent = d->parent;

		finish(d);
		if (!parent)
			return;
		open_parent_of(d);
		if (d->holds)
			park(d);
		/* Neither references nor holds: gone, with its hold on the parent. */
		d->holds++;
		dir_unhold(d);
		d = parent;
	}
}
