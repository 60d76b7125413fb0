/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* range - one big file, moved by several threads where that gains. */
#ifndef CF_RANGE_H
#define CF_RANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "watch.h"

struct cf_range {
	int src, dst;			/* open, positions unused */
	off_t at, end;			/* what is to be moved */
	uint64_t chunk;			/* bytes that a thread takes at a time */
	bool by_buffer;			/* by read(2) and write(2), not in the kernel */
	struct cf_watch *watch;		/* told of progress, and of the stage of a failure */
};

/*
 * A file is moved in ranges if it has so many chunks.  To move these takes far longer than to
 * start a thread.
 */
#define CF_RANGE_CHUNKS 8

/*
 * Move all of it, in this thread and in as many more as make it faster.  Returns the
 * position up to which dst is complete: end, or less if src has become shorter;
 * or -errno, -ECANCELED after a cancel.
 */
off_t cf_range_move(const struct cf_range *r);

#endif
