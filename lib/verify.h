/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* verify - a copy is read back, from below the page cache, and compared with its source. */
#ifndef CF_VERIFY_H
#define CF_VERIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "digest.h"
#include "fs.h"
#include "libcopyfile.h"
#include "watch.h"

struct cf_verify {
	int src, dst;			/* open; src for reading */
	bool readable;			/* so is dst, and its position may be changed */
	struct cf_watch *watch;		/* told of the stage of a failure */

	/* How far it is */
	int fd;				/* dst, open for reading; or -1 */
	bool nothing;			/* dst keeps nothing that could be compared */
	enum cf_fs kind;		/* of its file system, */
	enum cf_fs_memory memory;	/* and what else that reads from */
	struct cf_digest *digest;	/* of what has been read back */
	off_t at;			/* which is everything before this offset */
	off_t begun;			/* the device has begun to write what is before this one */

	/* What was found */
	enum copyfile_compared compared;
	uint64_t differs_at;		/* the first byte; UINT64_MAX: not known */
};

/* What the copy must be */
struct cf_verify_goal {
	off_t size;			/* in bytes */
	bool shared;			/* it shares its data with src, as clones do */
	const unsigned char *digest;	/* of src */
};

/*
 * Begin, with the first three fields set; hash is an enum copyfile_hash.  Returns 0; or -errno,
 * and the stage that failed is in watch.  cf_verify_fini() is due in both cases.
 */
int cf_verify_begin(struct cf_verify *v, uint32_t hash);

/*
 * The copy is complete up to offset done: let the device write that, and read back what it has
 * written by now.  Returns as cf_verify_begin().
 */
int cf_verify_follow(struct cf_verify *v, off_t done);

/*
 * The copy is complete: read the rest.  Returns 0 if it is what it should be; -EBADMSG if not,
 * and v->differs_at is set; else as cf_verify_begin().
 */
int cf_verify_end(struct cf_verify *v, const struct cf_verify_goal *goal);

void cf_verify_fini(struct cf_verify *v);

#endif
