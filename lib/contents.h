/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* contents - what an open file contains, added to a digest. */
#ifndef CF_CONTENTS_H
#define CF_CONTENTS_H

#include <stdbool.h>
#include <sys/types.h>

#include "digest.h"
#include "watch.h"

struct cf_contents {
	int fd;				/* open for reading */
	off_t at, size;			/* what counts is from offset at up to size */
	bool seek;			/* the position of fd may be changed: holes are not read */
	bool once;			/* what is read need not stay in the page cache */
	bool direct;			/* fd is O_DIRECT: at is a multiple of CF_CACHE_ALIGN */
	const struct cf_watch *watch;	/* of the copy, which may be cancelled or paused */
};

/*
 * Add what counts to digest.  Returns size, or less if the file ends before that; or -errno,
 * -ECANCELED after a cancel.  Uses cf_buffer_mine().
 */
off_t cf_contents_add(const struct cf_contents *c, struct cf_digest *digest);

/* Add a hole of so many bytes, which reads as zeros.  Returns 0, or -ECANCELED. */
int cf_contents_add_hole(off_t len, const struct cf_watch *watch, struct cf_digest *digest);

/*
 * Returns the offset of the first byte in which a and b differ, from at up to size of a; or that
 * size if there is none; or -errno.  Uses cf_buffer_mine().
 */
off_t cf_contents_compare(const struct cf_contents *a, const struct cf_contents *b);

#endif
