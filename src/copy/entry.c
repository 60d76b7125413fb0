/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "copy/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "base/retry.h"
#include "dirname.h"
#include "tree/dir.h"

int entry_stat_src(const struct entry *e, struct stat *ret, int flags)
{
	return RETRY(fstatat(dir_src_fd(e->dir), e->src, ret, flags));
}

int entry_stat_dst(const struct entry *e, struct stat *ret, int flags)
{
	if (e->dir->absent) {
		errno = ENOENT;
		return -1;
	}
	return RETRY(fstatat(dir_dst_fd(e->dir), e->dst, ret, flags));
}

int entry_open_dst_parent(const struct entry *e)
{
	char *parent = dir_name(e->dst);
	int fd = RETRY(openat(dir_dst_fd(e->dir), parent, O_PATH | O_DIRECTORY | O_CLOEXEC));

	free(parent);
	return fd;
}

bool entry_dst_is_symlink(const struct entry *e)
{
	struct stat st;

	return entry_stat_dst(e, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}
