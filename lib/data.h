/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* data - bring the bytes of one open regular file into another. */
#ifndef CF_DATA_H
#define CF_DATA_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "digest.h"
#include "verify.h"
#include "watch.h"

struct cf_data {
	int src, dst;			/* open; dst is empty, ... */
	off_t from;			/* ... but for so many bytes, which are those of src */
	const struct stat *st;		/* of src; its size is only a hint */
	bool stream;			/* dst is a pipe or device: no positions */
	bool borrowed;			/* the open files are the caller's: their positions and
					   read-ahead stay as they are */
	uint64_t flags;			/* COPYFILE_* */
	uint64_t chunk;			/* most bytes between two looks at cancel; 0: automatic */
	uint64_t pair;			/* of file systems; see place.h */
	struct cf_digest *digest;	/* gets all that is read from src; or NULL */
	struct cf_verify *verify;	/* told of what is in place, if dst is read back; or NULL */
	struct cf_watch *watch;		/* told of progress, stage and method */
};

struct cf_data_result {
	bool changed;			/* src was seen to change meanwhile */
	bool summed;			/* the digest has all of src; else it is of no use */
};

/*
 * Copy everything, to the end that src has now.  Returns 0 or -errno
 * (-ECANCELED after a cancel); the stage that failed is in watch.
 */
int cf_data_copy(const struct cf_data *d, struct cf_data_result *ret);

#endif
