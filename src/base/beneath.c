/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: openat2(2) does it in one call, since Linux 5.6.  An older kernel, and a sandbox that
 * does not know the call, has each component opened in the one before, without following it.
 */
#include <config.h>

#include "base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/retry.h"
#include "xalloc.h"

/* From <linux/openat2.h>, which not every system has: struct open_how and its RESOLVE_ bits */
struct how {
	uint64_t flags, mode, resolve;
};
#define NO_SYMLINKS 0x04
#define BENEATH 0x08

/* The number is the same on all architectures but alpha. */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif

static int by_one_call(int dir, const char *path, int flags)
{
	const struct how how = { .flags = flags, .resolve = BENEATH | NO_SYMLINKS };

	return RETRY(syscall(SYS_openat2, dir, path, &how, sizeof how));
}

/* Returns the first component of *path on the heap, and moves *path to the next; or NULL. */
static char *next_component(const char **path)
{
	const char *from = *path + strspn(*path, "/");
	size_t len = strcspn(from, "/");

	*path = from + len;
	return len ? ximemdup0(from, len) : NULL;
}

/* Open name in at, which is closed unless it is dir; at may be negative, with errno set. */
static int step(int dir, int at, const char *name, int flags)
{
	int fd = -1, err = ELOOP;

	if (at < 0 && at != AT_FDCWD)
		return -1;
	if (strcmp(name, "..")) {
		fd = RETRY(openat(at, name, flags | O_NOFOLLOW));
		err = errno;
	}
	if (at != dir)
		close(at);
	errno = err;
	return fd;
}

static int by_components(int dir, const char *path, int flags)
{
	int at = dir;
	char *name;

	while ((name = next_component(&path))) {
		bool last = !path[strspn(path, "/")];

		at = step(dir, at, name, last ? flags : O_PATH | O_DIRECTORY | O_CLOEXEC);
		free(name);
		if (at < 0)
			return -1;
	}
	if (at != dir)
		return at;
	errno = ENOENT;
	return -1;
}

int beneath_open(int dir, const char *path, int flags)
{
	int fd = by_one_call(dir, path, flags);

	/* There are sandboxes that refuse with EPERM what they do not know. */
	return fd < 0 && (errno == ENOSYS || errno == EPERM) ? by_components(dir, path, flags) : fd;
}
