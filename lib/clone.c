/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Design: the reasons of ioctl(FICLONE) are many; here they become three answers. */
#include <config.h>

#include "clone.h"

#include <errno.h>

#include "refusal.h"
#include "sys.h"

/* These say something about this copy, not about the file systems. */
static bool is_final(int r)
{
	return r == -EIO || r == -ENOMEM || r == -ENOSPC || r == -EDQUOT;
}

int cf_clone_try(int src, int dst, off_t size, bool must, uint64_t pair)
{
	if (!must && !cf_refusal_try(CF_CLONE, size, pair))
		return 0;
	int r = cf_clone(src, dst);
	if (r == 0)
		return 1;
	if (must || is_final(r))
		return r == -ENOTTY || r == -ENOSYS ? -EOPNOTSUPP : r;
	/* EAGAIN: data that is still being written, on ZFS */
	if (r != -EAGAIN)
		cf_refusal_note(CF_CLONE, pair);
	return 0;
}
