/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: one function for each system call.  Those that a C library may lack are made by
 * number.
 */
#include <config.h>

#include "cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "call.h"
#include "relaxed.h"
#include "sys.h"

/* From <linux/fs.h>, of Linux 6.14: read without leaving pages in the cache */
#ifndef RWF_DONTCACHE
#define RWF_DONTCACHE 0x80
#endif

/* From <linux/stat.h>, of Linux 6.1: STATX_DIOALIGN, and where its numbers are, in 32 bits each */
#define DIOALIGN 0x2000
#define DIO_MEM_ALIGN (0x98 / 4)
#define DIO_OFFSET_ALIGN (0x9c / 4)

int cf_cache_begin_write(int fd, off_t at, off_t len)
{
	return CALL("sync_file_range", sync_file_range(fd, at, len, SYNC_FILE_RANGE_WRITE));
}

int cf_cache_write(int fd, off_t at, off_t len)
{
	return CALL("sync_file_range",
		    sync_file_range(fd, at, len,
				    SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
					    SYNC_FILE_RANGE_WAIT_AFTER));
}

int cf_cache_sync(int fd)
{
	return CALL("fsync", fdatasync(fd));
}

int cf_cache_drop(int fd, off_t at, off_t len)
{
	return CALL("fadvise",
		    (errno = posix_fadvise(fd, at, len, POSIX_FADV_DONTNEED)) ? -1 : 0);
}

int64_t cf_cache_pages(int fd, off_t at, off_t len)
{
	/* A struct cachestat_range, and a struct cachestat */
	uint64_t range[2] = { at, len }, stat[5] = { 0 };
	int r = CALL("cachestat", syscall(NR_CACHESTAT, fd, range, stat, 0));

	return r < 0 ? r : (int64_t)stat[0];
}

bool cf_cache_may_be_direct(int fd)
{
	/* A struct statx: the mask of what it has is its first number, the others are below. */
	uint32_t now[64] = { 0 };
	int r = CALL("statx", syscall(SYS_statx, fd, "", AT_EMPTY_PATH, DIOALIGN, now));
	uint32_t memory = now[DIO_MEM_ALIGN], offset = now[DIO_OFFSET_ALIGN];

	/* Zeros: the kernel would read through the page cache. */
	return r == 0 && (now[0] & DIOALIGN) && memory && offset &&
	       CF_CACHE_ALIGN % memory == 0 && CF_CACHE_ALIGN % offset == 0;
}

int cf_cache_set_direct(int fd, bool direct)
{
	return CALL("fcntl", fcntl(fd, F_SETFL, direct ? O_DIRECT : 0));
}

ssize_t cf_cache_pread_once(int fd, void *buf, size_t len, off_t at)
{
	static atomic_bool unknown;	/* to the kernel */
	const struct iovec iov = { .iov_base = buf, .iov_len = len };
	const long high = sizeof(long) == sizeof at ? 0 : (long)((uint64_t)at >> 32);

	if (!cf_relaxed_get(unknown)) {
		ssize_t n = CALL("preadv2", syscall(SYS_preadv2, fd, &iov, 1UL, (long)at, high,
						    RWF_DONTCACHE));
		if (n >= 0 || !(cf_sys_refused((int)n) || n == -EAGAIN))
			return n;
		if (n != -EAGAIN)
			cf_relaxed_set(unknown, true);
	}
	return cf_pread(fd, buf, len, at);
}
