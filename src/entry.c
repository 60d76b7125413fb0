/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "entry.h"

#include "dir.h"
#include "retry.h"

int entry_stat_src(const struct entry *e, struct stat *ret, int flags)
{
	return RETRY(fstatat(dir_src_fd(e->dir), e->src, ret, flags));
}

int entry_stat_dst(const struct entry *e, struct stat *ret, int flags)
{
	return RETRY(fstatat(dir_dst_fd(e->dir), e->dst, ret, flags));
}
