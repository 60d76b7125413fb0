/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a write sets the time of modification, which the owner can set back; that sets the
 * time of change, which nobody can.  Both have the resolution of the kernel's clock, some
 * milliseconds, so a change within one tick of the look before is not seen.
 *
 * The kernel makes files up, and so does lxcfs for a container's /proc: there they take no
 * space, nobody may write to them, and their size is that of the file outside.
 */
#include <config.h>

#include "change.h"

#include "fs.h"

/* Bytes that a file in /proc has at most, on a big machine */
#define MADE_UP_SIZE (1 << 20)

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

bool cf_change_seen(const struct stat *before, const struct stat *now)
{
	return before->st_size != now->st_size || !same_time(&before->st_mtim, &now->st_mtim) ||
	       !same_time(&before->st_ctim, &now->st_ctim);
}

bool cf_change_made_up(int fd, const struct stat *now)
{
	enum cf_fs kind = cf_fs_of(fd);

	return kind == CF_FS_PSEUDO ||
	       (kind == CF_FS_FUSE && !now->st_blocks && !(now->st_mode & 0222) &&
		now->st_size <= MADE_UP_SIZE);
}
