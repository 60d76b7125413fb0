/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The errors that slowfs can be told to fail with, by name. */
#ifndef SLOWFS_ERRORS_H
#define SLOWFS_ERRORS_H

#include <errno.h>

static const struct { const char *n; int e; } errs[] = {
#define E(n) { #n, n },
	E(EIO) E(ENOSPC) E(EDQUOT) E(EACCES) E(EPERM) E(EROFS) E(ENOENT) E(EEXIST)
	E(EINTR) E(EAGAIN) E(EINVAL) E(EXDEV) E(ENOSYS) E(EOPNOTSUPP) E(ESTALE)
	E(EMFILE) E(ENFILE) E(ENOMEM) E(EFBIG) E(ETXTBSY) E(EBUSY) E(ENAMETOOLONG)
	E(ETIMEDOUT) E(EMLINK) E(ELOOP) E(EBADF)
#undef E
};

#endif
