/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * notmpfile - for LD_PRELOAD: the file system has no files without a name (O_TMPFILE), and no
 * rename that spares what is there (RENAME_NOREPLACE), as on NFS.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

int openat(int dir, const char *name, int flags, ...)
{
	va_list args;

	va_start(args, flags);
	unsigned int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, unsigned int) : 0;
	va_end(args);
	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	static int (*real)(int, const char *, int, ...);
	if (!real)
		real = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
	return real(dir, name, flags, mode);
}

int openat64(int dir, const char *name, int flags, ...)
	__attribute__((__alias__("openat")));

/* Arguments that the caller has not given are whatever is in their place. */
long syscall(long number, ...)
{
	static long (*real)(long, ...);
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_renameat2 && a[4]) {
		errno = EINVAL;
		return -1;
	}
	if (!real)
		real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
