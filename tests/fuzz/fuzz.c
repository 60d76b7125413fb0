/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[PATH_MAX];
static pid_t owner;

_Noreturn void fuzz_fail(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void leave_scratch(void)
{
	if (getpid() == owner && chdir("/") == 0)
		(void)nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int fuzz_enter_scratch(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(scratch, sizeof scratch, "%s/fuzz.XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
	if (!mkdtemp(scratch) || chdir(scratch) != 0) {
		perror(scratch);
		exit(99);
	}
	owner = getpid();
	atexit(leave_scratch);
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	FUZZ_CHECK(fd >= 0);
	return fd;
}

void fuzz_fill(struct fuzz_bytes *b, void *to, size_t size)
{
	size_t n = size < b->left ? size : b->left;

	memset(to, 0, size);
	if (n)
		memcpy(to, b->at, n);
	b->at += n;
	b->left -= n;
}

uint64_t fuzz_number(struct fuzz_bytes *b, size_t bytes)
{
	unsigned char raw[8];
	uint64_t n = 0;

	fuzz_fill(b, raw, bytes);
	for (size_t i = 0; i < bytes; i++)
		n = n << 8 | raw[i];
	return n;
}
