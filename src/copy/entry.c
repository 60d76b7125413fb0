/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "copy/entry.h"

#include "base/retry.h"
#include "tree/dir.h"

int entry_stat_src(const struct entry *e, struct stat *ret, int flags)
{
	return RETRY(fstatat(dir_src_fd(e->dir), e->src, ret, flags));
}

int entry_stat_dst(const struct entry *e, struct stat *ret, int flags)
{
	return RETRY(fstatat(dir_dst_fd(e->dir), e->dst, ret, flags));
}
