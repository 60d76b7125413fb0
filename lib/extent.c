/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: SEEK_DATA and SEEK_HOLE, believed as little as possible.  The file
 * may change between two calls, and file systems have had bugs here (a hole
 * reported before the data it follows; see coreutils 9.10): every answer must
 * bring the position forward, else the rest of the file counts as data.
 * Copying a hole as zeros is only slow; skipping data would lose it.
 */
#include <config.h>

#include "extent.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

#include "sys.h"

bool cf_extent_sparse(const struct stat *st)
{
	return st->st_blocks < st->st_size / 512;
}

int cf_extent_next(int fd, off_t pos, off_t size, struct cf_extent *ret)
{
	off_t start = cf_seek(fd, pos, SEEK_DATA);

	if (start == -ENXIO)
		return 0;
	if (start < 0 && start != -EINVAL && start != -EOPNOTSUPP && start != -ENOSYS)
		return start;
	if (start < pos) {
		/* Not supported, or a wrong answer: the rest counts as data. */
		*ret = (struct cf_extent){ pos, size };
		return pos < size;
	}
	off_t end = cf_seek(fd, start, SEEK_HOLE);

	/* -ENXIO: the file has been cut off meanwhile, before start. */
	if (end == -ENXIO)
		return 0;
	if (end < 0)
		return end;
	if (end <= start)
		end = size > start ? size : start + 1;
	*ret = (struct cf_extent){ start, end };
	assert(ret->start >= pos && ret->end > ret->start);
	return 1;
}
