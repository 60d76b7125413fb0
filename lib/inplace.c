/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: the file is opened as it is, and claimed (claim.c).  It is emptied only after it
 * has been found to be another one than the source (same.c), and the source to be
 * readable.  What is not a regular file is a stream, which is just opened.
 *
 * It is opened with O_NONBLOCK, so that a FIFO without a reader does not hang this
 * thread: it is tried again until there is one, or the copy is cancelled.  Other streams
 * are written to without O_NONBLOCK.  Where the caller has said which inode it has found,
 * nothing else is waited for or written to.
 *
 * Some file systems (object stores) open a file for writing only with O_TRUNC, or cannot
 * empty one that is open.  There the file is compared with the source by its name, and
 * then opened anew with O_TRUNC.  A file that is given by a descriptor cannot be opened
 * anew, so its copy fails.
 */
#include <config.h>

#include "inplace.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>

#include "claim.h"
#include "fs.h"
#include "libcopyfile.h"
#include "same.h"
#include "sys.h"
#include "wait.h"

static bool is_source(const struct cf_dest *d, const struct stat *st)
{
	return st->st_dev == d->st->st_dev && st->st_ino == d->st->st_ino;
}

/*
 * Returns true if st is not the regular file that the caller has found at the destination.  The
 * number of an inode that has been removed may be given to a FIFO.
 */
static bool is_another(const struct cf_dest *d, const struct stat *st)
{
	return (d->want_dev || d->want_ino) &&
	       (st->st_dev != d->want_dev || st->st_ino != d->want_ino || !S_ISREG(st->st_mode));
}

/* Does what is_another() does, for what has been opened, unless that may have renumbered it. */
static bool opened_another(const struct cf_dest *d, const struct stat *st)
{
	return is_another(d, st) &&
	       (!S_ISREG(st->st_mode) || cf_fs_keeps_numbers(d->fd));
}

/* Look at what has the destination's name, as open_patiently() would open it. */
static int look(const struct cf_dest *d, struct stat *ret)
{
	return d->flags & COPYFILE_NOFOLLOW_DST ? cf_lstatat(d->dir, d->name, ret)
						: cf_statat(d->dir, d->name, ret);
}

static void let_go(struct cf_dest *d)
{
	cf_claim_drop(&d->claim);
	if (d->fd >= 0)
		cf_close(d->fd);
	d->fd = -1;
}

/* Open the destination; wait for the reader of a FIFO.  Returns a descriptor or -errno. */
static int open_patiently(const struct cf_dest *d, int flags)
{
	unsigned int steps = 0;
	struct stat st;
	int fd;

	flags |= O_WRONLY | (d->flags & COPYFILE_NOFOLLOW_DST ? O_NOFOLLOW : 0);
	while ((fd = cf_wait_open(d->dir, d->name, flags, d->watch)) == -ENXIO) {
		/* Other things fail so, too: sockets, say. */
		if (look(d, &st) < 0 || !S_ISFIFO(st.st_mode))
			break;
		int r = is_another(d, &st) ? -ESTALE : cf_wait_step(&steps, d->watch);
		if (r < 0)
			return r;
	}
	return fd;
}

/* Returns 0 if the source can be read, so that the file may be emptied; or -errno. */
static int try_source(const struct cf_dest *d)
{
	/* A file of size 0 may be one whose contents the kernel makes up, for one reader. */
	int r = d->st->st_size ? cf_try_read(d->src) : 0;

	if (r < 0)
		cf_relaxed_set(d->watch->stage, COPYFILE_READ);
	return r;
}

/* Open the destination with O_TRUNC, as cp does; why is the error of the attempt without. */
static int open_emptied(struct cf_dest *d, int why)
{
	struct stat st;

	/* It has no name to open it by. */
	if (d->given)
		return why;
	let_go(d);
	if (look(d, &st) < 0 || !S_ISREG(st.st_mode))
		return why;
	if (is_source(d, &st))
		return -EINVAL;
	if (is_another(d, &st))
		return -ESTALE;
	if (cf_same_perhaps(d->src, d->st, &st))
		return why;
	int r = st.st_size ? try_source(d) : 0;
	if (r == 0)
		r = cf_claim_inode(&d->claim, -1, &st, d->place, d->watch);
	if (r >= 0)
		r = open_patiently(d, O_TRUNC);
	if (r < 0) {
		let_go(d);
		return r;
	}
	d->fd = r;
	d->touched = d->fixed = true;
	return 0;
}

/* Returns how many bytes of the file, whose stat is st, may stay as they are. */
static off_t may_stay(const struct cf_dest *d, const struct stat *st)
{
	off_t from = d->want_from;

	return from <= st->st_size && from <= d->st->st_size ? from : 0;
}

/* Empty the destination, which is open, but for what may stay; st is its stat. */
static int empty(struct cf_dest *d, const struct stat *st)
{
	int r = st->st_size ? try_source(d) : 0;

	if (r < 0)
		return r;
	int same = cf_same_file(d->src, d->st, d->fd, st);
	r = same > 0 ? -EINVAL : same;
	if (same > 0 || (same < 0 && !cf_sys_refused(same)))
		return r;
	/* Even if it is empty: a file that is overwritten gets a new time. */
	if (same == 0)
		r = cf_truncate(d->fd, may_stay(d, st));
	if (same == 0 && r == 0)
		d->kept = may_stay(d, st);
	if (cf_sys_refused(r) && st->st_size)
		return open_emptied(d, r);
	/* The refusal does not matter, since the file is empty. */
	if (cf_sys_refused(r))
		r = 0;
	d->touched = r == 0;
	return r;
}

/*
 * Claim the file that is open, whose stat is *st.  Returns 0; 1 if it has been removed, and
 * another one may have its name; or -errno.
 */
static int claim(struct cf_dest *d, struct stat *st)
{
	d->claim.shared = d->given;
	int r = cf_claim_inode(&d->claim, d->fd, st, d->place, d->watch);

	if (r <= 0)
		return r;
	r = cf_fstat(d->fd, st);
	return r < 0 ? r : st->st_nlink == 0 && !d->given;
}

/* Returns a descriptor or -errno.  If that is cf_sys_refused(), O_TRUNC may still do. */
static int open_dest(const struct cf_dest *d)
{
	return d->given ? cf_dup(d->dir) : open_patiently(d, 0);
}

/*
 * The mode of the source is carried over in the end.  Until then those whom it does not admit
 * must not read its data by the rights that the old file, st, gives them.
 */
static int restrict_mode(struct cf_dest *d, const struct stat *st)
{
	mode_t extra = st->st_mode & ~d->st->st_mode & (S_IRWXG | S_IRWXO);

	if (!extra || !(d->flags & (COPYFILE_MODE | COPYFILE_ACL)))
		return 0;
	int r = cf_chmod(d->fd, false, st->st_mode & 07777 & ~extra);
	if (r == 0)
		d->restricted = st->st_mode & 07777;
	/* A file that is somebody else's keeps its mode in the end as well. */
	return cf_sys_refused(r) || d->flags & COPYFILE_LENIENT ? 0 : r;
}

/* One attempt.  Returns 0, 1 if the caller has to try again, or -errno. */
static int open_once(struct cf_dest *d)
{
	struct stat st;
	int r = open_dest(d);

	if (cf_sys_refused(r))
		return open_emptied(d, r);
	if (r < 0)
		return r;
	d->fd = r;
	r = cf_fstat(d->fd, &st);
	if (r < 0)
		return r;
	if (is_source(d, &st))
		return -EINVAL;
	if (opened_another(d, &st))
		return -ESTALE;
	if (!S_ISREG(st.st_mode) && d->given)
		return -EOPNOTSUPP;
	if (!S_ISREG(st.st_mode)) {
		/* A FIFO may be full for long.  buffer.c waits, and sees a cancel. */
		if (!S_ISFIFO(st.st_mode))
			cf_unblock(d->fd);
		d->stream = d->touched = true;
		return 0;
	}
	r = claim(d, &st);
	if (r == 0)
		r = empty(d, &st);
	return r ? r : restrict_mode(d, &st);
}

int cf_inplace_open(struct cf_dest *d)
{
	int r;

	while ((r = open_once(d)) > 0)
		let_go(d);
	if (r < 0)
		let_go(d);
	return r;
}

int cf_inplace_settle(struct cf_dest *d, off_t size)
{
	struct stat st;

	assert(d->touched);
	if (d->stream || d->fixed)
		return 0;
	int r = cf_fstat(d->fd, &st);
	if (r < 0)
		return r;
	if (st.st_size == size)
		return 0;
	enum cf_fs kind = cf_fs_known(d->fd, st.st_dev);
	if (kind == CF_FS_PSEUDO)
		return 0;
	if (st.st_size > size) {
		r = cf_truncate(d->fd, size);
		return cf_sys_refused(r) ? 0 : r;
	}
	/* The size that a FUSE server tells of a file that is being written may be old. */
	return kind == CF_FS_FUSE ? 0 : -EBUSY;
}
