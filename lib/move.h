/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* move - the data of a regular file: brought there, summed and verified as the caller asks. */
#ifndef CF_MOVE_H
#define CF_MOVE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "dest.h"
#include "libcopyfile.h"
#include "watch.h"

struct cf_move {
	int src;			/* open for reading */
	bool borrowed;			/* as in struct cf_data */
	const struct stat *st;		/* of src; its size is only a hint */
	struct cf_dest *dst;		/* open */
	uint64_t flags;			/* COPYFILE_*; COPYFILE_VERIFY: the copy is read back */
	uint64_t chunk;			/* as in struct cf_data */
	uint64_t pair;			/* of file systems; see place.h */
	uint32_t hash;			/* enum copyfile_hash: a digest is made; 0: none is */
	struct cf_watch *watch;		/* told of progress, stage and method */
};

struct cf_move_result {
	bool changed;			/* src was seen to change meanwhile */
	bool summed;			/* digest is valid */
	off_t size;			/* if so, of how many bytes of src */
	uint32_t compared;		/* enum copyfile_compared */
	uint64_t differs_at;		/* after -EBADMSG: the first byte; UINT64_MAX: not known */
	unsigned char digest[COPYFILE_DIGEST_MAX];	/* of what was read from src */
};

/*
 * Bring all data to dst, and give dst its size.  Returns 0; -ECANCELED after a cancel; -EBADMSG
 * if dst is not what was read from src; or another -errno.  The stage that failed is in watch.
 * *ret is to be zeroed before.
 */
int cf_move(const struct cf_move *m, struct cf_move_result *ret);

#endif
