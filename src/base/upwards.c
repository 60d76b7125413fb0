/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/upwards.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/retry.h"
#include "same-inode.h"

int upwards_find(int at, const char *path, bool (*is_it)(void *arg, const struct stat *st),
		 void *arg)
{
	int fd = RETRY(openat(at, path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	struct stat st, below = { .st_ino = 0 };
	bool found = false;

	/* The root is its own parent. */
	while (!found && fd >= 0 && RETRY(fstat(fd, &st)) == 0) {
		if (SAME_INODE(st, below)) {
			close(fd);
			return 0;
		}
		found = is_it(arg, &st);
		below = st;
		int up = found ? -1 : RETRY(openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
		int err = errno;
		close(fd);
		errno = err;
		fd = up;
	}
	int err = errno;
	if (fd >= 0)
		close(fd);
	errno = err;
	return found ? 1 : -1;
}
