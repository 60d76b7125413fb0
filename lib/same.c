/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: overlayfs shows the files of its lower file system again, with a device
 * number of its own; a FUSE server may show any file, with inode numbers that it makes
 * up; NFS may be mounted from this machine.  To overwrite such a file by a copy of
 * itself would leave nothing of it, and stat(2) does not tell.
 *
 * So dst is made longer by one byte.  Then src is looked at, past what the kernel remembers
 * of it.  If it has grown by one byte, and has its old size when the byte is gone, the two
 * are one.
 *
 * This is done only where the two may be one: if their sizes are the same, and at least one
 * file system may show files that are kept elsewhere.  Within one file system their times must
 * be the same as well.  (Two file systems may show one file with different times: some have no
 * time of the last change, and pass on whole seconds only.)
 *
 * Meanwhile no other copy may do the same to that file by another of its names: it would
 * see a size that is not the file's, or miss the byte that it had added.  Two copies with
 * one destination, by its number, are kept apart by its claim (claim.c).  Two with one
 * source are kept apart by a lock; where FUSE makes up the numbers on both sides, all
 * copies take the same one.  Other processes are not kept away.
 */
#include <config.h>

#include "same.h"

#include <errno.h>
#include <pthread.h>

#include "change.h"
#include "fs.h"
#include "sys.h"

static bool keeps_its_own(enum cf_fs kind)
{
	return kind == CF_FS_PLAIN || kind == CF_FS_PSEUDO;
}

/* Returns true if files on these two file systems may be one although their numbers differ. */
static bool may_be_shared(dev_t src_dev, enum cf_fs src, dev_t dst_dev, enum cf_fs dst)
{
	/* Without the option use_ino, FUSE numbers names, not files. */
	if (src_dev == dst_dev)
		return dst == CF_FS_FUSE;
	return !keeps_its_own(src) || !keeps_its_own(dst);
}

/* Chosen by the source's inode number; the first is for sources whose numbers say nothing. */
#define LOCKS 64
static pthread_mutex_t locks[LOCKS] = {
	[0 ... LOCKS - 1] = PTHREAD_MUTEX_INITIALIZER,
};

static pthread_once_t fork_hooked = PTHREAD_ONCE_INIT;

/* The thread that held a lock does not exist in the child. */
static void fork_child(void)
{
	for (int i = 0; i < LOCKS; i++)
		locks[i] = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

static void hook_fork(void)
{
	/* If there is no memory for the handler, only children that copy are in danger. */
	(void)pthread_atfork(NULL, NULL, fork_child);
}

static pthread_mutex_t *lock_of(const struct stat *src, enum cf_fs from, enum cf_fs to)
{
	if (from == CF_FS_FUSE && to == CF_FS_FUSE)
		return &locks[0];
	return &locks[1 + (src->st_dev * 31 + src->st_ino) % (LOCKS - 1)];
}

/*
 * Returns true if two sizes that were seen may be those of one file: one may be out of
 * date, or have the byte in it that another copy has added for a moment.
 */
static bool may_be_equal(off_t a, off_t b, enum cf_fs from, enum cf_fs to)
{
	return a == b || a == b + 1 || b == a + 1 || from == CF_FS_FUSE || to == CF_FS_FUSE;
}

/* Returns the size of both if it is the same now, 0 if not, or -errno. */
static off_t common_size(int src, int dst)
{
	struct stat a, b;
	int r = cf_fstat_fresh(src, &a);

	if (r == 0)
		r = cf_fstat_fresh(dst, &b);
	return r < 0 ? r : a.st_size == b.st_size ? a.st_size : 0;
}

/* Returns 1 if fd has that size now, 0 if not, or -errno. */
static int has_size(int fd, off_t size)
{
	struct stat now;
	int r = cf_fstat_fresh(fd, &now);

	return r < 0 ? r : now.st_size == size;
}

/* Returns 1 if src and dst, in one file system, are two for sure; 0 if not; or -errno. */
static int are_two(int src, int dst)
{
	struct stat before, other, after;
	int r = cf_fstat_fresh(src, &before);

	if (r == 0)
		r = cf_fstat_fresh(dst, &other);
	if (r < 0 || !cf_change_seen(&before, &other))
		return r;
	/* Somebody may have written to it between the two looks. */
	r = cf_fstat_fresh(src, &after);
	return r < 0 ? r : !cf_change_seen(&before, &after);
}

/* As cf_same_file(), with the lock held */
static int probe_locked(int src, int dst, const struct stat *there)
{
	off_t size = common_size(src, dst);

	if (size <= 0)
		return (int)size;
	int r = cf_truncate(dst, size + 1);
	if (r < 0)
		return r;
	int grown = has_size(src, size + 1);
	if (grown == 0)
		return 0;
	r = cf_truncate(dst, size);
	if (r == 0 && grown > 0)
		grown = has_size(src, size);
	/* Nothing was written, so the time goes back; only the file's owner may do that. */
	if (grown != 0)
		(void)cf_utimens(dst, false,
				 (struct timespec[]){ there->st_atim, there->st_mtim });
	return grown;
}

int cf_same_file(int src, const struct stat *st, int dst, const struct stat *there)
{
	enum cf_fs from = cf_fs_known(src, st->st_dev), to = cf_fs_known(dst, there->st_dev);

	if (!may_be_shared(st->st_dev, from, there->st_dev, to) ||
	    !may_be_equal(st->st_size, there->st_size, from, to))
		return 0;
	int two = st->st_dev == there->st_dev ? are_two(src, dst) : 0;
	if (two)
		return two < 0 ? two : 0;
	pthread_once(&fork_hooked, hook_fork);
	pthread_mutex_t *lock = lock_of(st, from, to);
	pthread_mutex_lock(lock);
	int r = probe_locked(src, dst, there);
	pthread_mutex_unlock(lock);
	return r;
}

bool cf_same_perhaps(int src, const struct stat *st, const struct stat *there)
{
	return may_be_shared(st->st_dev, cf_fs_known(src, st->st_dev), there->st_dev,
			     CF_FS_OTHER) &&
	       st->st_size == there->st_size && st->st_size &&
	       st->st_mtim.tv_sec == there->st_mtim.tv_sec;
}
