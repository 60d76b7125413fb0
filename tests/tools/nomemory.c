/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * nomemory - for LD_PRELOAD: no more memory from the Nth allocation on that is made
 * while $NOMEMORY_FILE exists and has a byte; N is $NOMEMORY, 1 or more.
 *
 * Of the C library's functions those are replaced that programs call for memory; what
 * it allocates for itself by other ways is not counted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>

/* glibc's own; there is no other way to call them before the loader is done */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);

static int begins(void)
{
	const char *file = getenv("NOMEMORY_FILE");
	struct stat st;

	return !file || (stat(file, &st) == 0 && st.st_size > 0);
}

static int fails(void)
{
	static atomic_long calls, first, begun;
	long n = first;

	if (!n) {
		const char *s = getenv("NOMEMORY");

		first = n = s ? strtol(s, NULL, 10) : -1;
	}
	if (n < 0)
		return 0;
	if (!begun) {
		int err = errno;

		begun = begins();
		errno = err;
	}
	if (!begun || atomic_fetch_add(&calls, 1) + 1 < n)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return fails() ? NULL : __libc_realloc(p, size);
}
