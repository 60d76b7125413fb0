/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* buffer - brings bytes from one file into another by read(2) and write(2).  One thread's. */
#ifndef CF_BUFFER_H
#define CF_BUFFER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "libcopyfile.h"
#include "watch.h"

/* As in coreutils 9.  Larger buffers gained nothing on tmpfs, ext4 and NFS. */
#define CF_BUFFER_SIZE (256 * 1024)

struct cf_buffer {
	int src, dst;
	bool stream;			/* dst is a pipe or device: no positions */
	size_t block;			/* aligned zeros of this length become holes; 0: none */
	const struct cf_watch *watch;	/* a cancel ends the waiting for a stream */
	char *bytes;			/* the caller's; see cf_buffer_mine() */
	size_t size;			/* of bytes; never 0 */

	/* What has been done with it */
	off_t written;			/* the end of the last byte that was written, ever */
	uint64_t holes;			/* bytes that were left out as zeros, in all */
	enum copyfile_stage stage;	/* in which the last failure occurred */
};

/*
 * Both return CF_BUFFER_SIZE bytes, or NULL: alloc new ones for free(3), and mine those of the
 * calling thread, which has them until it ends.  They are page-aligned, which spares some file
 * systems another copy.
 */
char *cf_buffer_alloc(void);
char *cf_buffer_mine(void);

/*
 * Move one piece, of at most len bytes, at offset at.  dst is empty behind at.  Returns how many
 * bytes were moved, holes included; 0 where src ends; or -errno, and b->stage is set.
 */
ssize_t cf_buffer_move(struct cf_buffer *b, off_t at, size_t len);

#endif
