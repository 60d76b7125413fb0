/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a destination is made in one of four ways.
 *
 *   exclusive	the default: O_EXCL, or what has its effect in a new directory (newset.c),
 *		under its own name from the start.
 *   in place	TRUNCATE: the inode that has the name is rewritten; created
 *		exclusively where there is none.
 *   replace	REPLACE: a new inode without a name (O_TMPFILE, which even a
 *		SIGKILL leaves no trace of) or under a temporary one, renamed
 *		over the destination at the end.
 *   atomic	ATOMIC: such an inode, which gets its name at the end, but takes no name
 *		from another file.  With REPLACE it does: then it also keeps the
 *		permissions of the file that it replaces.
 *
 * Invariant: whatever is destroyed is destroyed only after the source was
 * opened and found to be another file.
 *
 * A new file that is not small is claimed as soon as it is there (claim.c): other copies may
 * find it by another name, and overwrite it.
 *
 * Undo removes a file that this copy created, under the name that was asked
 * for only if that name still leads to its inode.  A file that was renamed to its name
 * is complete, and stays.  The inode is known by the descriptor, or was noted before.
 * Where neither is the case, because close(2) has failed (a server did not take what was
 * only buffered), the file is judged by what it looks like: regular, with one name, of
 * the right owner, and no longer than what was written.  Only this copy uses its
 * temporary name.
 */
#include <config.h>

#include "dest.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attr.h"
#include "claim.h"
#include "inplace.h"
#include "newset.h"
#include "pause.h"
#include "sys.h"
#include "temp.h"

/* New files up to this are written by one call, and never paused. */
#define SMALL_SIZE CF_PAUSE_MORE_THAN

/* Temporary names that are tried until one is free.  Each is one of 2^64. */
#define TEMP_TRIES 16

/* Returns how a new file is opened: what will be read back, for reading, too. */
static int new_access(const struct cf_dest *d)
{
	return d->flags & COPYFILE_VERIFY ? O_RDWR : O_WRONLY;
}

static int new_flags(const struct cf_dest *d)
{
	return new_access(d) | O_CREAT | O_EXCL | O_NOFOLLOW;
}

static bool same_inode(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/*
 * Returns 1 if dir/name is the inode st describes, 0 if not, and -errno if that cannot be
 * found out.  A symlink is not followed.
 */
static int names_inode(int dir, const char *name, const struct stat *st)
{
	struct stat there;
	int r = cf_lstatat(dir, name, &there);

	return r == -ENOENT ? 0 : r < 0 ? r : same_inode(&there, st);
}

/* A name that must be new has failed with r.  If it leads to the source that says more. */
static int explain_taken(const struct cf_dest *d, int r)
{
	return r == -EEXIST && names_inode(d->dir, d->name, d->st) > 0 ? -EINVAL : r;
}

/* ------------------------------------------------------------ exclusive */

/* Claim the new file, and empty it if another copy has written to it already. */
static int claim_new(struct cf_dest *d)
{
	struct stat st;

	if (!d->noted)
		d->noted = cf_fstat(d->fd, &d->id) == 0;
	if (!d->noted)
		return 0;
	d->claim.made = true;
	int r = cf_claim_inode(&d->claim, d->fd, &d->id, d->place, d->watch);
	if (r < 0)
		return r;
	return cf_fstat(d->fd, &st) == 0 && st.st_size ? cf_truncate(d->fd, 0) : 0;
}

/* Make the file in a directory that is new.  Returns 0 or -errno. */
static int make_in_newset(struct cf_dest *d)
{
	bool loose;

	d->fd = cf_newset_open(d->newset, d->dir, d->name, new_access(d), d->mode, &loose);
	if (d->fd < 0)
		return d->fd;
	int r = cf_fstat(d->fd, &d->id);
	d->created = d->noted = cf_newset_enter(d->newset, r == 0 ? &d->id : NULL, loose);
	if (d->created)
		return 0;
	cf_close(d->fd);
	d->fd = -1;
	/* Whose file it is cannot be told if there is no stat; maybe this copy has made it. */
	d->touched = r < 0;
	return r < 0 ? r : -EEXIST;
}

static int make_exclusively(struct cf_dest *d)
{
	d->fd = cf_openat(d->dir, d->name, new_flags(d), d->mode);
	d->created = d->fd >= 0;
	return d->created ? 0 : d->fd;
}

static int create(struct cf_dest *d)
{
	bool small = d->st->st_size <= SMALL_SIZE;

	if (small)
		cf_claim_new(&d->claim, d->place);
	int r = d->newset ? make_in_newset(d) : make_exclusively(d);
	if (r < 0)
		cf_claim_drop(&d->claim);
	return r < 0 || small ? r : claim_new(d);
}

static int open_exclusive(struct cf_dest *d)
{
	return explain_taken(d, create(d));
}

static int open_in_place(struct cf_dest *d)
{
	int r = cf_inplace_open(d);

	/* EEXIST: a dangling symlink, which is not written through. */
	return r == -ENOENT && !d->given ? create(d) : r;
}

/* ------------------------------------------------------------ temporary */

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
		d->temp = cf_temp_name(d->dir, d->name);
		r = d->temp ? make(d, arg) : -ENOMEM;
	}
	if (r < 0) {
		free(d->temp);
		d->temp = NULL;
	}
	return r;
}

static int make_file(struct cf_dest *d, const void *arg)
{
	(void)arg;
	d->fd = cf_openat(d->dir, d->temp, new_flags(d), d->mode);
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

/*
 * Returns 0 if a copy of the source may replace d->name, whose stat is *ret then; or if there
 * is no such file: then *ret has no mode.
 */
static int check_replace(const struct cf_dest *d, struct stat *ret)
{
	int r = cf_lstatat(d->dir, d->name, ret);

	if (r < 0) {
		ret->st_mode = 0;
		return r == -ENOENT ? 0 : r;
	}
	if (S_ISDIR(ret->st_mode))
		return -EISDIR;
	return same_inode(ret, d->st) ? -EINVAL : 0;
}

/* Returns true if another file must not lose its name to the one that is made. */
static bool must_be_new(const struct cf_dest *d)
{
	return d->flags & COPYFILE_ATOMIC && !(d->flags & COPYFILE_REPLACE);
}

/* Open the directory of d->name, as openat(2) does with flags and mode. */
static int open_parent(const struct cf_dest *d, int flags, mode_t mode)
{
	const char *slash = strrchr(d->name, '/');
	char *parent = slash ? strndup(d->name, slash + 1 - d->name) : NULL;

	if (slash && !parent)
		return -ENOMEM;
	int fd = cf_openat(d->dir, parent ? parent : ".", flags, mode);
	free(parent);
	return fd;
}

/* Make the file without a name, if the file system can, and it can be named later. */
static int open_unnamed(struct cf_dest *d)
{
	int fd = open_parent(d, new_access(d) | O_TMPFILE, d->mode);

	if (fd < 0)
		return fd;
	if (!cf_can_link_fd(fd)) {
		cf_close(fd);
		return -EOPNOTSUPP;
	}
	d->fd = fd;
	d->unnamed = true;
	return 0;
}

/* Make the file aside: nobody meets it before it is complete. */
static int open_aside(struct cf_dest *d)
{
	int r = open_unnamed(d);

	/* EISDIR, EINVAL, ENOENT: from kernels or file systems that do not know O_TMPFILE */
	if (r == -EOPNOTSUPP || r == -EISDIR || r == -EINVAL || r == -ENOENT)
		r = with_temp_name(d, make_file, NULL);
	d->created = r == 0;
	return r;
}

/* The new file keeps the permissions of the old one. */
static int note_old_mode(struct cf_dest *d, struct stat *old)
{
	int fd = cf_openat(d->dir, d->name, O_PATH | O_NOFOLLOW, 0);
	int r = fd < 0 ? fd : cf_fstat(fd, old);

	if (r == 0) {
		d->old_mode = (old->st_mode & S_IFMT) | cf_attr_plain_mode(fd, old);
		d->mode &= d->old_mode;
	}
	if (fd >= 0)
		cf_close(fd);
	/* It is gone meanwhile. */
	return r == -ENOENT ? 0 : r;
}

static int open_replace(struct cf_dest *d)
{
	const uint64_t modes = COPYFILE_MODE | COPYFILE_ACL | COPYFILE_GIVEN_MODE;
	struct stat old;
	int r = check_replace(d, &old);

	if (r < 0)
		return r;
	if (d->flags & COPYFILE_ATOMIC && !(d->flags & modes) && S_ISREG(old.st_mode))
		r = note_old_mode(d, &old);
	return r < 0 ? r : open_aside(d);
}

static int open_atomic(struct cf_dest *d)
{
	struct stat there;

	/* A small file is copied by the time that a look takes, and linkat(2) looks anyway. */
	if (d->st->st_size > SMALL_SIZE && cf_lstatat(d->dir, d->name, &there) == 0)
		return same_inode(&there, d->st) ? -EINVAL : -EEXIST;
	return open_aside(d);
}

/* --------------------------------------------------------- entry points */

int cf_dest_open(struct cf_dest *d)
{
	const uint64_t aside = COPYFILE_REPLACE | COPYFILE_ATOMIC;

	/* The invariant above, and one way of four */
	assert(d->src >= 0);
	assert(!(d->flags & aside && (d->flags & COPYFILE_TRUNCATE || d->given)));
	d->fd = -1;
	int r = d->flags & COPYFILE_REPLACE    ? open_replace(d)
		: d->flags & COPYFILE_ATOMIC   ? open_atomic(d)
		: d->flags & COPYFILE_TRUNCATE ? open_in_place(d)
					       : open_exclusive(d);
	if (d->fd < 0)
		d->fd = -1;
	return r;
}

int cf_dest_symlink(struct cf_dest *d, const char *target, bool open)
{
	struct stat old;
	int r = 0;

	d->fd = -1;
	/* A symlink cannot be rewritten in place: TRUNCATE replaces it, too. */
	bool replace = d->flags & (COPYFILE_REPLACE | COPYFILE_TRUNCATE);
	if (replace)
		r = check_replace(d, &old);
	/* Without attributes that are set later it is complete as soon as it is there. */
	bool aside = replace || (must_be_new(d) && open);
	if (r == 0)
		r = aside ? with_temp_name(d, make_symlink, target)
			  : explain_taken(d, cf_symlinkat(target, d->dir, d->name));
	d->created = d->link = r == 0;
	if (r == 0 && open) {
		d->fd = cf_openat(d->dir, d->temp ? d->temp : d->name, O_PATH | O_NOFOLLOW, 0);
		if (d->fd < 0) {
			r = d->fd;
			d->fd = -1;
		}
	}
	return r;
}

const struct stat *cf_dest_made(const struct cf_dest *d)
{
	assert(!(d->newset && d->created) || d->noted || d->link);
	return d->newset && d->created && !d->link ? &d->id : NULL;
}

int cf_dest_set_size(struct cf_dest *d, off_t size, bool exact)
{
	int r = d->touched && exact ? cf_inplace_settle(d, size) : 0;

	d->size = size;
	/* The small new file is written.  Copies that are to overwrite it need not wait, unless it
	   is read back. */
	if (d->claim.kind == CF_CLAIM_NEW && !(d->flags & COPYFILE_VERIFY))
		cf_claim_drop(&d->claim);
	return r;
}

/* Sync the directory: without that, the name of a new file is not on stable storage. */
static int sync_parent(const struct cf_dest *d)
{
	int fd = open_parent(d, O_RDONLY | O_DIRECTORY, 0);

	if (fd < 0)
		return fd;
	int r = cf_fsync(fd);
	cf_close(fd);
	return r;
}

/* The file has no name: give it its own, if nothing else may have that, or a temporary one. */
static int name_unnamed(struct cf_dest *d)
{
	int r = must_be_new(d) ? cf_link_fd(d->fd, d->dir, d->name)
			       : with_temp_name(d, make_link, NULL);

	if (r == 0)
		d->unnamed = false;
	return r;
}

/* As cf_rename_new(), with other calls where the file system does not know that one. */
static int rename_new(const struct cf_dest *d)
{
	struct stat there;
	int r = cf_rename_new(d->dir, d->temp, d->name);

	if (!cf_sys_refused(r))
		return r;
	/* NFS.  A temporary name that stays is one for cf_temp_sweep(): the copy is complete. */
	r = cf_linkat(d->dir, d->temp, d->name);
	if (r == 0)
		(void)cf_unlinkat(d->dir, d->temp);
	if (r == 0)
		return 0;
	if (!cf_sys_refused(r) && r != -EMLINK)
		return r;
	/* No hard links: another file may get the name between these two calls. */
	r = cf_lstatat(d->dir, d->name, &there);
	if (r == 0)
		return -EEXIST;
	return r == -ENOENT ? cf_renameat(d->dir, d->temp, d->name) : r;
}

/* Give the file, which has a temporary name, its own. */
static int rename_temp(struct cf_dest *d)
{
	int r = must_be_new(d) ? rename_new(d) : cf_renameat(d->dir, d->temp, d->name);

	if (r < 0)
		return r;
	free(d->temp);
	d->temp = NULL;
	return 0;
}

/* Flush the data, if that is asked for. */
static int sync_data(const struct cf_dest *d)
{
	if (!(d->flags & COPYFILE_FSYNC) || d->fd < 0 || d->link)
		return 0;
	int r = cf_fsync(d->fd);
	/* fsync(2) on a pipe or device that has nothing to flush */
	return r == -EINVAL && d->stream ? 0 : r;
}

static int close_file(struct cf_dest *d)
{
	int fd = d->fd;

	if (fd < 0)
		return 0;
	cf_claim_drop(&d->claim);
	d->fd = -1;
	return cf_close(fd);
}

int cf_dest_publish(struct cf_dest *d, uint32_t *stage)
{
	*stage = COPYFILE_FLUSH;
	int r = sync_data(d);
	assert(!(d->unnamed && d->temp));
	if (r == 0 && d->unnamed) {
		*stage = COPYFILE_PUBLISH;
		r = name_unnamed(d);
	}
	if (r == 0) {
		*stage = COPYFILE_FLUSH;
		r = close_file(d);
	}
	if (r == 0) {
		*stage = COPYFILE_PUBLISH;
		r = d->temp ? rename_temp(d) : 0;
	}
	if (r == 0 && d->flags & COPYFILE_FSYNC && d->created)
		r = sync_parent(d);
	return must_be_new(d) ? explain_taken(d, r) : r;
}

/* Returns true, and notes its identity, if dir/name looks like the file that was made here. */
static bool looks_like_ours(struct cf_dest *d)
{
	uid_t us = geteuid();

	return !d->link && cf_lstatat(d->dir, d->name, &d->id) == 0 &&
	       S_ISREG(d->id.st_mode) && d->id.st_nlink == 1 && d->id.st_size <= d->size &&
	       (us == 0 || d->id.st_uid == us || d->id.st_uid == d->st->st_uid);
}

/* Remove the file that this copy has made, if d->name still leads to it. */
static enum copyfile_partial remove_created(struct cf_dest *d)
{
	if (d->fd >= 0)
		d->noted = cf_fstat(d->fd, &d->id) == 0;
	else if (!d->noted)
		d->noted = looks_like_ours(d);
	int ours = d->noted ? names_inode(d->dir, d->name, &d->id) : -ENOENT;
	if (ours == 0)
		return COPYFILE_PARTIAL_NONE;
	if (ours < 0 || cf_unlinkat(d->dir, d->name) < 0)
		return COPYFILE_PARTIAL_KEPT;
	if (d->newset)
		cf_newset_forget(d->newset, &d->id);
	return COPYFILE_PARTIAL_REMOVED;
}

/* The file that was to be rewritten gets its rights back, if no data of the source is in it. */
static void restore_mode(const struct cf_dest *d)
{
	if (d->restricted && d->fd >= 0 && !cf_relaxed_get(d->watch->done) &&
	    !cf_relaxed_get(d->watch->moved))
		(void)cf_chmod(d->fd, false, d->restricted);
}

enum copyfile_partial cf_dest_undo(struct cf_dest *d)
{
	enum copyfile_partial left = COPYFILE_PARTIAL_NONE;

	if (d->temp)
		/* The caller does not know its name, so KEEP_PARTIAL does not keep it. */
		left = cf_unlinkat(d->dir, d->temp) < 0 ? COPYFILE_PARTIAL_KEPT
							: COPYFILE_PARTIAL_NONE;
	else if (d->unnamed)
		left = COPYFILE_PARTIAL_NONE;
	else if (d->created && d->flags & (COPYFILE_KEEP_PARTIAL | COPYFILE_REPLACE))
		left = COPYFILE_PARTIAL_KEPT;
	else if (d->created)
		left = remove_created(d);
	else if (d->touched) {
		restore_mode(d);
		left = COPYFILE_PARTIAL_KEPT;
	}
	cf_claim_drop(&d->claim);
	if (d->fd >= 0)
		cf_close(d->fd);
	free(d->temp);
	d->fd = -1;
	d->temp = NULL;
	return left;
}
