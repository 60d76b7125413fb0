/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: overlayfs shows the files of its lower file system again, with a device
 * number of its own; a FUSE server may show any file, with inode numbers that it makes
 * up; NFS may be mounted from this machine.  To overwrite such a file by a copy of
 * itself would leave nothing of it, and no stat tells.
 *
 * So dst is made longer by one byte.  Then src is looked at, past what the kernel remembers
 * of it.  If it has grown by one byte, and has its old size when the byte is gone, the two
 * are one.
 *
 * This is done only where the two may be one: if their sizes are the same, and at least one
 * file system may show files that are kept elsewhere.
 */
#include <config.h>

#include "same.h"

#include <errno.h>

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

/* The size of fd, which a FUSE server may know better than what st remembers */
static off_t size_of(int fd, enum cf_fs kind, const struct stat *st)
{
	struct stat now;

	return kind == CF_FS_FUSE && cf_fstat_fresh(fd, &now) == 0 ? now.st_size : st->st_size;
}

/* The size of both if they may be one file, else 0 */
static off_t common_size(int src, const struct stat *st, int dst, const struct stat *there)
{
	enum cf_fs from = cf_fs_known(src, st->st_dev), to = cf_fs_known(dst, there->st_dev);
	off_t size = there->st_size;

	if (!may_be_shared(st->st_dev, from, there->st_dev, to))
		return 0;
	if (st->st_size != size) {
		size = size_of(dst, to, there);
		if (size_of(src, from, st) != size)
			return 0;
	}
	return size;
}

/* Returns 1 if fd has that size now, 0 if not, or -errno. */
static int has_size(int fd, off_t size)
{
	struct stat now;
	int r = cf_fstat_fresh(fd, &now);

	return r < 0 ? r : now.st_size == size;
}

int cf_same_file(int src, const struct stat *st, int dst, const struct stat *there)
{
	off_t size = common_size(src, st, dst, there);

	if (!size)
		return 0;
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

bool cf_same_perhaps(int src, const struct stat *st, const struct stat *there)
{
	return may_be_shared(st->st_dev, cf_fs_known(src, st->st_dev), there->st_dev,
			     CF_FS_OTHER) &&
	       st->st_size == there->st_size && st->st_size &&
	       st->st_mtim.tv_sec == there->st_mtim.tv_sec;
}
