/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a directory that is bound elsewhere is on the same device, so the mounts have numbers
 * of their own.  There are C libraries without statx(2), whose structure is the kernel's.
 */
#include <config.h>

#include "base/mountid.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/retry.h"

static long look(int fd, struct statx *ret)
{
	/* A server need not be asked for that. */
	const int flags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;

	return RETRY(syscall(SYS_statx, fd, "", flags, STATX_INO | STATX_MNT_ID, ret));
}

bool mountid_get(int fd, struct mountid *ret)
{
	struct statx x;

	if (look(fd, &x) < 0)
		return false;
	*ret = (struct mountid){
		.known = x.stx_mask & STATX_MNT_ID, .id = x.stx_mnt_id,
		.major = x.stx_dev_major, .minor = x.stx_dev_minor,
	};
	return true;
}

bool mountid_same(int a, int b)
{
	struct statx x, y;

	if (look(a, &x) < 0 || look(b, &y) < 0)
		return false;
	if (x.stx_mask & y.stx_mask & STATX_MNT_ID)
		return x.stx_mnt_id == y.stx_mnt_id;
	return x.stx_dev_major == y.stx_dev_major && x.stx_dev_minor == y.stx_dev_minor;
}
