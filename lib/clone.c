/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a clone copies any size in one call, but where it is refused that call is wasted,
 * which counts for small files.  So pairs of file systems that have refused are remembered,
 * in a table without a lock.  A wrong entry costs one vain call, or leaves the sharing of
 * extents to copy_file_range(2).
 */
#include <config.h>

#include "clone.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>

#include "fibhash.h"
#include "relaxed.h"
#include "sys.h"

/* From here on a clone is always worth the attempt. */
#define ALWAYS_CLONE_SIZE (1 << 20)

#define REFUSAL_BITS 6
static _Atomic uint64_t refusals[1 << REFUSAL_BITS];

static _Atomic uint64_t *refusal_of(uint64_t pair)
{
	return &refusals[cf_hash(pair, REFUSAL_BITS)];
}

static bool refused_before(uint64_t pair)
{
	return cf_relaxed_get(*refusal_of(pair)) == pair;
}

/* These say something about this copy, not about the file systems. */
static bool is_final(int r)
{
	return r == -EIO || r == -ENOMEM || r == -ENOSPC || r == -EDQUOT;
}

int cf_clone_try(int src, int dst, off_t size, bool must, uint64_t pair)
{
	/* 0 stands for an entry of the table that is free. */
	assert(pair);
	if (!must && size < ALWAYS_CLONE_SIZE && refused_before(pair))
		return 0;
	int r = cf_clone(src, dst);
	if (r == 0)
		return 1;
	if (must || is_final(r))
		return r == -ENOTTY || r == -ENOSYS ? -EOPNOTSUPP : r;
	/* EAGAIN: data that is still being written, on ZFS */
	if (r != -EAGAIN)
		cf_relaxed_set(*refusal_of(pair), pair);
	return 0;
}
