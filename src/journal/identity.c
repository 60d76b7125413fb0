/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the root of a file system has the same inode number on each of its kind, so the file
 * system has to be compared as well.  f_fsid tells it, on most of them by its UUID; on xfs it is
 * made of the device number.
 */
#include <config.h>

#include "journal/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/retry.h"
#include "journal/record.h"

int identity_get(int dir, const char *path, struct record_identity *ret)
{
	struct statfs fs;
	struct stat st;
	int fd = RETRY(openat(dir, path, O_PATH | O_CLOEXEC));

	if (fd < 0)
		return errno;
	int err = RETRY(fstat(fd, &st)) < 0 || RETRY(fstatfs(fd, &fs)) < 0 ? errno : 0;
	close(fd);
	if (err)
		return err;
	*ret = (struct record_identity){
		.dev = st.st_dev, .ino = st.st_ino, .type = (unsigned long)fs.f_type,
	};
	_Static_assert(sizeof fs.f_fsid <= sizeof ret->fsid, "a file system's id");
	memcpy(&ret->fsid, &fs.f_fsid, sizeof fs.f_fsid);
	return 0;
}

bool identity_same(const struct record_identity *then, const struct record_identity *now,
		   bool same_boot)
{
	return then->ino == now->ino && then->type == now->type && then->fsid == now->fsid &&
	       (!same_boot || then->dev == now->dev);
}
