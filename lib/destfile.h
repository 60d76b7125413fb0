/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* destfile - a destination: what is wanted of it, and what there is.  One thread's. */
#ifndef CF_DESTFILE_H
#define CF_DESTFILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "claim.h"
#include "newset.h"
#include "watch.h"

struct cf_dest {
	/* What is wanted */
	int dir;		/* borrowed */
	const char *name;	/* borrowed; relative to dir */
	bool given;		/* dir is the destination itself, open for writing; no name */
	uint64_t flags;		/* COPYFILE_* */
	mode_t mode;		/* to create a file with, under the umask */
	int src;		/* the source, open, ... */
	const struct stat *st;	/* ... and what it is */
	uint64_t place;		/* dir; see place.h */
	uint64_t want_dev, want_ino;	/* the only inode that is rewritten; 0, 0: any is */
	uint64_t want_from;	/* bytes at its beginning that may stay, if it is rewritten */
	struct cf_newset *newset;	/* borrowed; of dir, if that is new; or NULL */
	struct cf_watch *watch;	/* told of the stage if reading the source fails */

	/* What there is */
	int fd;			/* open for writing (symlink: O_PATH); -1: closed */
	bool created;		/* this copy has made the inode */
	bool link;		/* the destination is a symlink */
	bool stream;		/* it is a device or a FIFO, not a regular file */
	bool touched;		/* it was there before, and has lost its contents ... */
	off_t kept;		/* ... but for so many bytes at its beginning */
	mode_t restricted;	/* its mode before it lost rights for the time of the copy; or 0 */
	bool fixed;		/* it is rewritten in place, and its size cannot be set */
	char *temp;		/* its name until it is published, or NULL */
	bool unnamed;		/* made by O_TMPFILE, not linked to a name yet */
	mode_t old_mode;	/* of the file that it replaces, whose permissions it keeps; or 0 */
	bool noted;		/* id is a stat of the inode that this copy has made */
	struct stat id;
	struct cf_claim claim;
	off_t size;		/* of the data that was written */
};

#endif
