/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dest - how the destination comes to be, gets its name, or is undone. */
#ifndef CF_DEST_H
#define CF_DEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "libcopyfile.h"

struct cf_dest {
	int dir;		/* borrowed */
	const char *name;	/* borrowed; relative to dir */
	uint64_t flags;		/* COPYFILE_* */

	int fd;			/* open for writing (symlink: O_PATH); -1: closed */
	bool created;		/* we made the inode */
	bool link;		/* it is a symlink */
	bool buffered;		/* set by the caller: close(2) may find a late error */
	bool stream;		/* not a regular file: a device, a FIFO */
	char *temp;		/* its name until it is published, or NULL */
	bool unnamed;		/* made by O_TMPFILE, not linked to temp yet */
	bool noted;		/* id is that of the inode we made */
	struct stat id;
};

/*
 * Open the destination of a regular file as flags ask, created with mode
 * (under the umask).  src is the source, to be told from dst.  Returns 0 or
 * -errno; then there is nothing to undo.
 */
int cf_dest_open(struct cf_dest *d, int dir, const char *name, uint64_t flags,
		 mode_t mode, const struct stat *src);

/*
 * Make the symlink target in the same way; with open, d->fd is an O_PATH
 * descriptor of it, else -1.  After an error cf_dest_undo() is due here, too.
 */
int cf_dest_symlink(struct cf_dest *d, int dir, const char *name, uint64_t flags,
		    const char *target, const struct stat *src, bool open);

/*
 * Close, then give it its name.  *stage tells what failed.  0 or -errno; after
 * an error cf_dest_undo() is still due.
 */
int cf_dest_publish(struct cf_dest *d, uint32_t *stage);

/* Take back what was made.  Tells what is left under the destination's name. */
enum copyfile_partial cf_dest_undo(struct cf_dest *d);

#endif
