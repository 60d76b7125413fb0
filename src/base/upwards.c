/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/upwards.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/retry.h"
#include "same-inode.h"

bool upwards_find(int at, const char *path, bool (*is_it)(void *arg, const struct stat *st),
		  void *arg)
{
	int fd = RETRY(openat(at, path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	struct stat st, below = { .st_ino = 0 };
	bool found = false;

	/* The root is its own parent. */
	while (!found && fd >= 0 && RETRY(fstat(fd, &st)) == 0 && !SAME_INODE(st, below)) {
		found = is_it(arg, &st);
		below = st;
		int up = RETRY(openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
		close(fd);
		fd = up;
	}
	if (fd >= 0)
		close(fd);
	return found || fd < 0;
}
