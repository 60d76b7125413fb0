/* SPDX-License-Identifier: GPL-3.0-or-later */
/* enter - the beginning of a directory's copy, before its entries are read.  Thread-safe. */
#ifndef PCP_ENTER_H
#define PCP_ENTER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "tree/dir.h"

#include "base/tally.h"

struct context;
struct dir;
struct entry;
struct stat;

/* An operand that is a directory */
struct walk_root {
	struct walk_root *next;
	char *src, *dst;		/* full names */
	unsigned int number;		/* which operand it is, from 1 */
	enum dir_doom doom;		/* it is no operand: names in a destination are doomed */
	atomic_bool met_itself;		/* its copy is in its source, which was reported */
};

/*
 * Make the destination of e, a directory below root, or merge e into what is there.  The
 * caller has pinned e->dir; e->st need not be known.  Returns false if e was left out, or
 * is no directory any more: all that there was to do or report has been done and reported.
 * Else *ret_dir is the pair whose source has to be read, with a reference for the caller; or
 * NULL if it is not read.
 */
bool enter_dir(struct context *c, struct walk_root *root, const struct entry *e,
	       struct dir **ret_dir);

/*
 * Make the destination of e, of which e->st is known, or find one to merge into.  Returns
 * NULL if e is left out, which has been reported.  *ret is e's outcome.
 */
struct dir *enter_make(struct context *c, struct walk_root *root, const struct entry *e,
		       enum outcome *ret);

/*
 * As fstatat(2), of what e's copy is made of: symlinks are followed as the options say.
 * Returns false after a failure, which has been reported, and e counted as failed.
 */
bool enter_stat(const struct context *c, const struct entry *e, struct stat *ret);

/*
 * Report that d's source could not be read, or not all of it; err is an errno value.  The names
 * from the offset at on may be read again later, unless that is negative.
 */
void enter_unread(struct dir *d, int err, off_t at);

/*
 * d's source, which is open, has been read to its end.  Report if it has been removed meanwhile
 * or, with --strict, if it has changed.
 */
void enter_read(const struct context *c, struct dir *d, bool removed);

#endif
