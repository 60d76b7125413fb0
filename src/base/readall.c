/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/readall.h"

#include <unistd.h>

#include "base/retry.h"

ssize_t readall(int fd, void *buf, size_t len)
{
	char *bytes = buf;
	size_t have = 0;

	while (have < len) {
		ssize_t n = RETRY(read(fd, bytes + have, len - have));

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += n;
	}
	return have;
}
