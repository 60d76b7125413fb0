/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* extent - where a file has data, and where holes. */
#ifndef CF_EXTENT_H
#define CF_EXTENT_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

struct cf_extent {
	off_t start, end;	/* bytes from start up to, not including, end */
};

/* Returns true if st describes a file with fewer blocks than its size needs. */
bool cf_extent_sparse(const struct stat *st);

/*
 * Find the next data of fd at or after pos; size is the file's size as far as
 * is known.  Returns 1 with *ret filled (never empty, never before pos), 0 if
 * there is no more data, or -errno.  Moves the position of fd.
 */
int cf_extent_next(int fd, off_t pos, off_t size, struct cf_extent *ret);

#endif
