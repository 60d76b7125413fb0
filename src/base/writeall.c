/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/writeall.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* How long to wait between two calls of stop(), in milliseconds */
#define POLL_MS 100

/* Returns 0 if a write that failed with err should be tried again, else an errno value. */
static int after_failure(int fd, int err, bool (*stop)(void))
{
	if (err == EAGAIN)
		poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, POLL_MS);
	else if (err != EINTR)
		return err;
	return stop && stop() ? EINTR : 0;
}

int writeall(int fd, const void *buf, size_t len, off_t at, bool (*stop)(void))
{
	const char *rest = buf;

	while (len) {
		ssize_t n = at == WRITEALL_APPEND ? write(fd, rest, len) :
			    pwrite(fd, rest, len, at);
		int err = n < 0 ? after_failure(fd, errno, stop) : 0;

		if (err)
			return err;
		if (n > 0) {
			rest += n;
			len -= n;
			at += at == WRITEALL_APPEND ? 0 : n;
		}
	}
	return 0;
}
