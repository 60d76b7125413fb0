/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a destination comes to be in one of three ways.
 *
 *   exclusive	the default: O_EXCL, under its own name from the start.
 *   in place	TRUNCATE: the inode that has the name is rewritten; created
 *		exclusively where there is none.
 *   replace	REPLACE: a new inode without a name (O_TMPFILE, which even a
 *		SIGKILL leaves no trace of) or under a temporary one, renamed
 *		over the destination at the end.
 *
 * Invariant: whatever is destroyed is destroyed only after the source was
 * opened and found to be another file.
 *
 * Undo removes a file that this copy created, under the name that was asked
 * for only if that name is still its inode; one that was renamed to its name
 * is complete, and stays.  To know that takes the descriptor,
 * or the identity noted before close(2), which is done where close may fail
 * for want of what was only buffered (NFS).  Temporary names are ours alone.
 */
#include <config.h>

#include "dest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "sys.h"

/* Tries to find a free temporary name: each is one in 2^64. */
#define TEMP_TRIES 16

static bool same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Is dir/name, not followed, the inode st?  1, 0, or -errno if that is unknown. */
static int names_inode(int dir, const char *name, const struct stat *st)
{
	struct stat there;
	int r = cf_lstatat(dir, name, &there);

	return r == -ENOENT ? 0 : r < 0 ? r : same_inode(&there, st);
}

/* ---------------------------------------------------- exclusive, in place */

static int create(struct cf_dest *d, mode_t mode)
{
	d->fd = cf_openat(d->dir, d->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
	d->created = d->fd >= 0;
	return d->fd < 0 ? d->fd : 0;
}

static int open_exclusive(struct cf_dest *d, mode_t mode, const struct stat *src)
{
	int r = create(d, mode);

	/* Say what is wrong with "x x" rather than that x exists. */
	return r == -EEXIST && names_inode(d->dir, d->name, src) > 0 ? -EINVAL : r;
}

static int open_in_place(struct cf_dest *d, mode_t mode, const struct stat *src)
{
	struct stat st;
	int r;

	d->fd = cf_openat(d->dir, d->name, O_WRONLY, 0);
	if (d->fd == -ENOENT) {
		/* EEXIST: a dangling symlink, which is not written through. */
		return create(d, mode);
	}
	if (d->fd < 0)
		return d->fd;
	r = cf_fstat(d->fd, &st);
	if (r == 0 && same_inode(&st, src))
		r = -EINVAL;
	d->stream = r == 0 && !S_ISREG(st.st_mode);
	/* Even if it is empty: what is written over has the time of that. */
	if (r == 0 && !d->stream)
		r = cf_truncate(d->fd, 0);
	if (r < 0) {
		cf_close(d->fd);
		d->fd = -1;
	}
	return r;
}

/* ------------------------------------------------------------ temporary */

/* A new name beside d->name.  The caller frees it; NULL: no memory. */
static char *temp_name(const struct cf_dest *d)
{
	const char *slash = strrchr(d->name, '/');
	int dir_len = slash ? (int)(slash + 1 - d->name) : 0;
	uint64_t random = 0;
	char *name;

	if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
		random = (uintptr_t)d ^ ((uint64_t)getpid() << 32);
	if (asprintf(&name, "%.*s.copyfile-%016llx", dir_len, d->name,
		     (unsigned long long)random) < 0)
		return NULL;
	return name;
}

/*
 * Call make() with one temporary name after the other until one is free; then
 * it is d->temp.
 */
static int with_temp_name(struct cf_dest *d, int (*make)(struct cf_dest *, const void *),
			  const void *arg)
{
	int r = -EEXIST;

	for (int i = 0; i < TEMP_TRIES && r == -EEXIST; i++) {
		free(d->temp);
		d->temp = temp_name(d);
		r = d->temp ? make(d, arg) : -ENOMEM;
	}
	if (r < 0) {
		free(d->temp);
		d->temp = NULL;
	}
	return r;
}

static int make_file(struct cf_dest *d, const void *mode)
{
	d->fd = cf_openat(d->dir, d->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
			  *(const mode_t *)mode);
	return d->fd < 0 ? d->fd : 0;
}

static int make_link(struct cf_dest *d, const void *arg)
{
	(void)arg;
	return cf_link_fd(d->fd, d->dir, d->temp);
}

static int make_symlink(struct cf_dest *d, const void *target)
{
	return cf_symlinkat(target, d->dir, d->temp);
}

/* May dir/name be replaced by a copy of src? */
static int check_replace(const struct cf_dest *d, const struct stat *src)
{
	struct stat st;
	int r = cf_lstatat(d->dir, d->name, &st);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return same_inode(&st, src) ? -EINVAL : 0;
}

/* O_TMPFILE where the file system has it and /proc can name it afterwards. */
static int open_unnamed(struct cf_dest *d, mode_t mode)
{
	const char *slash = strrchr(d->name, '/');
	char self[CF_FD_PATH_MAX], *parent = NULL;
	int fd;

	if (slash && !(parent = strndup(d->name, slash + 1 - d->name)))
		return -ENOMEM;
	fd = cf_openat(d->dir, parent ? parent : ".", O_WRONLY | O_TMPFILE, mode);
	free(parent);
	if (fd < 0)
		return fd;
	cf_fd_path(fd, self);
	if (faccessat(AT_FDCWD, self, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		cf_close(fd);
		return -EOPNOTSUPP;
	}
	d->fd = fd;
	d->unnamed = true;
	return 0;
}

static int open_replace(struct cf_dest *d, mode_t mode, const struct stat *src)
{
	int r = check_replace(d, src);

	if (r < 0)
		return r;
	r = open_unnamed(d, mode);
	/* EISDIR, EINVAL, ENOENT: kernels or file systems that take it for a directory */
	if (r == -EOPNOTSUPP || r == -EISDIR || r == -EINVAL || r == -ENOENT)
		r = with_temp_name(d, make_file, &mode);
	d->created = r == 0;
	return r;
}

/* --------------------------------------------------------- entry points */

static void init(struct cf_dest *d, int dir, const char *name, uint64_t flags)
{
	*d = (struct cf_dest){ .dir = dir, .name = name, .flags = flags, .fd = -1 };
}

int cf_dest_open(struct cf_dest *d, int dir, const char *name, uint64_t flags,
		 mode_t mode, const struct stat *src)
{
	init(d, dir, name, flags);
	int r = flags & COPYFILE_REPLACE    ? open_replace(d, mode, src)
		: flags & COPYFILE_TRUNCATE ? open_in_place(d, mode, src)
					    : open_exclusive(d, mode, src);
	if (r < 0)
		d->fd = -1;
	return r;
}

int cf_dest_symlink(struct cf_dest *d, int dir, const char *name, uint64_t flags,
		    const char *target, const struct stat *src, bool open)
{
	int r;

	init(d, dir, name, flags);
	/* A symlink cannot be rewritten in place: TRUNCATE replaces it, too. */
	if (flags & (COPYFILE_REPLACE | COPYFILE_TRUNCATE)) {
		r = check_replace(d, src);
		if (r == 0)
			r = with_temp_name(d, make_symlink, target);
	} else {
		r = cf_symlinkat(target, dir, name);
		if (r == -EEXIST && names_inode(dir, name, src) > 0)
			r = -EINVAL;
	}
	d->created = d->link = r == 0;
	if (r == 0 && open) {
		d->fd = cf_openat(dir, d->temp ? d->temp : name, O_PATH | O_NOFOLLOW, 0);
		if (d->fd < 0) {
			r = d->fd;
			d->fd = -1;
		}
	}
	return r;
}

/* The name of a new file is on stable storage only when its directory is. */
static int sync_parent(const struct cf_dest *d)
{
	const char *slash = strrchr(d->name, '/');
	char *parent = slash ? strndup(d->name, slash + 1 - d->name) : NULL;

	if (slash && !parent)
		return -ENOMEM;
	int fd = cf_openat(d->dir, parent ? parent : ".", O_RDONLY | O_DIRECTORY, 0);
	free(parent);
	if (fd < 0)
		return fd;
	int r = cf_fsync(fd);
	cf_close(fd);
	return r;
}

int cf_dest_publish(struct cf_dest *d, uint32_t *stage)
{
	bool sync = d->flags & COPYFILE_FSYNC;
	int r = 0;

	*stage = COPYFILE_FLUSH;
	if (sync && d->fd >= 0 && !d->link)
		r = cf_fsync(d->fd);
	/* fsync(2) on a pipe or device that has nothing to flush */
	if (r == -EINVAL && d->stream)
		r = 0;
	if (r < 0)
		return r;
	if (d->unnamed) {
		*stage = COPYFILE_PUBLISH;
		r = with_temp_name(d, make_link, NULL);
		if (r < 0)
			return r;
		d->unnamed = false;
		*stage = COPYFILE_FLUSH;
	}
	if (d->fd >= 0) {
		int fd = d->fd;

		if (d->buffered && d->created && !d->temp)
			d->noted = cf_fstat(fd, &d->id) == 0;
		d->fd = -1;
		r = cf_close(fd);
		if (r < 0)
			return r;
	}
	*stage = COPYFILE_PUBLISH;
	if (d->temp) {
		r = cf_renameat(d->dir, d->temp, d->name);
		if (r < 0)
			return r;
		free(d->temp);
		d->temp = NULL;
	}
	if (sync && d->created)
		r = sync_parent(d);
	return r;
}

/* Remove dir/name if it still is what we made. */
static enum copyfile_partial remove_created(struct cf_dest *d)
{
	if (d->fd >= 0)
		d->noted = cf_fstat(d->fd, &d->id) == 0;
	int ours = d->noted ? names_inode(d->dir, d->name, &d->id) : -ENOENT;
	if (ours == 0)
		return COPYFILE_PARTIAL_NONE;
	return ours < 0 || cf_unlinkat(d->dir, d->name) < 0 ? COPYFILE_PARTIAL_KEPT
							    : COPYFILE_PARTIAL_REMOVED;
}

enum copyfile_partial cf_dest_undo(struct cf_dest *d)
{
	enum copyfile_partial left = COPYFILE_PARTIAL_KEPT;

	if (d->unnamed)
		left = COPYFILE_PARTIAL_NONE;
	else if (d->temp)
		/* Nobody knows its name: KEEP_PARTIAL would only leave litter. */
		left = cf_unlinkat(d->dir, d->temp) < 0 ? COPYFILE_PARTIAL_KEPT
							: COPYFILE_PARTIAL_NONE;
	else if (d->created && !(d->flags & (COPYFILE_KEEP_PARTIAL | COPYFILE_REPLACE)))
		left = remove_created(d);
	if (d->fd >= 0)
		cf_close(d->fd);
	free(d->temp);
	d->fd = -1;
	d->temp = NULL;
	return left;
}
