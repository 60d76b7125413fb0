/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cache - what the page cache has of a file: written out, dropped, counted, read past.
 * System calls as in sys.h.
 */
#ifndef CF_CACHE_H
#define CF_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* In all of these a len of 0 means to the end of the file. */

/*
 * Write the data of [at, at+len) to the device, but neither metadata nor the device's own
 * cache.  The first function only begins to do that.
 */
int cf_cache_begin_write(int fd, off_t at, off_t len);
int cf_cache_write(int fd, off_t at, off_t len);

/* fdatasync(2) */
int cf_cache_sync(int fd);

/* Let the page cache forget what it has of [at, at+len), but for what is dirty or in use. */
int cf_cache_drop(int fd, off_t at, off_t len);

/*
 * Returns how many pages of [at, at+len) are in the page cache, or -errno: the kernel is older
 * than 6.5, or the caller may not know.
 */
int64_t cf_cache_pages(int fd, off_t at, off_t len);

/* As cf_pread(); what is not in the page cache does not stay there, where the kernel can. */
ssize_t cf_cache_pread_once(int fd, void *buf, size_t len, off_t at);

/*
 * Returns true if direct reads of fd's file reach the device, and do so at any multiple of
 * CF_CACHE_ALIGN, for the offset, the length and the address.  Linux 6.1; false before.
 */
#define CF_CACHE_ALIGN 4096
bool cf_cache_may_be_direct(int fd);

/* Set, or clear, O_DIRECT of fd, and with it all that F_SETFL knows. */
int cf_cache_set_direct(int fd, bool direct);

#endif
