/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dest - how the destination comes to be, gets its name, or is undone. */
#ifndef CF_DEST_H
#define CF_DEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "claim.h"
#include "libcopyfile.h"
#include "watch.h"

struct cf_dest {
	/* What is wanted */
	int dir;		/* borrowed */
	const char *name;	/* borrowed; relative to dir */
	uint64_t flags;		/* COPYFILE_* */
	mode_t mode;		/* to create a file with, under the umask */
	int src;		/* the source, open, ... */
	const struct stat *st;	/* ... and what it is */
	uint64_t place;		/* dir; see place.h */
	struct cf_watch *watch;	/* told of the stage if reading the source fails */

	/* What there is */
	int fd;			/* open for writing (symlink: O_PATH); -1: closed */
	bool created;		/* we made the inode */
	bool link;		/* it is a symlink */
	bool stream;		/* not a regular file: a device, a FIFO */
	bool touched;		/* it was there before, and has lost its contents */
	bool fixed;		/* in place, and its size cannot be set */
	char *temp;		/* its name until it is published, or NULL */
	bool unnamed;		/* made by O_TMPFILE, not linked to temp yet */
	bool noted;		/* id is that of the inode we made */
	struct stat id;
	struct cf_claim claim;
	off_t size;		/* that it has been given */
};

/*
 * Open the destination of a regular file as flags ask.  Returns 0 or -errno; -EINVAL
 * also if it is the source.  cf_dest_undo() is due after an error, too.
 */
int cf_dest_open(struct cf_dest *d);

/*
 * Make the symlink target in the same way; with open, d->fd is an O_PATH
 * descriptor of it, else -1.
 */
int cf_dest_symlink(struct cf_dest *d, const char *target, bool open);

/*
 * The data is there: see to it that nothing else is, if it is exactly size bytes.
 * Returns 0 or -errno.
 */
int cf_dest_settle(struct cf_dest *d, off_t size, bool exact);

/*
 * Close, then give it its name.  *stage tells what failed.  0 or -errno; after
 * an error cf_dest_undo() is still due.
 */
int cf_dest_publish(struct cf_dest *d, uint32_t *stage);

/* Take back what was made.  Tells what is left under the destination's name. */
enum copyfile_partial cf_dest_undo(struct cf_dest *d);

#endif
