/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* verify - a copy is read back, from below the page cache, and compared with its source. */
#ifndef CF_VERIFY_H
#define CF_VERIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "digest.h"
#include "libcopyfile.h"
#include "watch.h"

struct cf_verify {
	int src, dst;			/* open; src for reading */
	bool readable;			/* so is dst, and its position may be changed */
	off_t size;			/* that the copy must have; -1: the one that it has */
	bool shared;			/* the two share their data, as clones do */
	struct cf_watch *watch;		/* told of the stage of a failure */
	struct cf_digest *digest;	/* for the copy's use */
	const unsigned char *wanted;	/* what the digest of src was */

	/* What was found */
	enum copyfile_compared compared;
	uint64_t differs_at;		/* the first byte; UINT64_MAX: not known */
};

/*
 * Returns 0 if the copy is what it should be; -EBADMSG if not, and v->differs_at is set; or
 * another -errno, and the stage that failed is in watch.
 */
int cf_verify(struct cf_verify *v);

#endif
