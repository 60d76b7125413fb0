/* SPDX-License-Identifier: GPL-3.0-or-later */
/* existing - what is at an entry's destination, and whether it may go.  Thread-safe. */
#ifndef PCP_EXISTING_H
#define PCP_EXISTING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct context;
struct entry;

enum existing_action {
	EXISTING_NONE,		/* nothing is there, or not any more */
	EXISTING_OVERWRITE,	/* it is written over; a directory is merged into */
	EXISTING_KEEP,		/* it stays, and there is nothing to do */
	EXISTING_UP_TO_DATE,	/* it stays, and counts as a copy */
	EXISTING_ATTRIBUTES,	/* the same, but its attributes are to be put right */
	EXISTING_REFUSED	/* it is in the way, which has been reported */
};

struct existing {
	struct stat st;		/* if something stays; zeros if it can't be looked at */
	bool through;		/* a symlink has the name, and leads to that */
	char *backup;		/* its new name, beside its old one, on the heap; or NULL.  With
				   EXISTING_OVERWRITE it still has its old one, too. */
	const char *why;	/* what was found, in words for people; NULL: nothing is there */
	bool in_place;		/* it is written to, also with --atomic: a device, say */
	uint64_t from;		/* bytes at its beginning that an earlier run has copied */
};

/*
 * Decide by cp's rules what becomes of what is at the destination of e, which may be a
 * directory.  What must go is removed, or becomes a backup.
 */
enum existing_action existing_prepare(struct context *c, const struct entry *e,
				      struct existing *ret);

/* Remove e's destination.  Returns false after a failure, which has been reported. */
bool existing_remove(const struct context *c, const struct entry *e);

#endif
