/* SPDX-License-Identifier: GPL-3.0-or-later */
/* enter - a directory, on the way down.  Thread-safe. */
#ifndef PCP_ENTER_H
#define PCP_ENTER_H

#include <stdatomic.h>
#include <stdbool.h>

struct context;
struct dir;
struct entry;
struct stat;

/* An operand that is walked */
struct walk_root {
	struct walk_root *next;
	char *src, *dst;		/* its names */
	unsigned int number;		/* which operand */
	atomic_bool met_itself;		/* some walker has, and has said so */
};

/*
 * Bring the destination of the directory e, below root, about.  Its dir is in use by the
 * caller; e->st need not be known.  False: it was left out, or is no directory any
 * more; all that there was to say or do has been said and done.  Else *ret_dir is what
 * is to be walked, with a reference for the caller; NULL if that is not to be read.
 */
bool enter_dir(struct context *c, struct walk_root *root, const struct entry *e,
	       struct dir **ret_dir);

/*
 * As fstatat(2), of what e's copy is made of: symlinks are followed as the options say.
 * False: it is gone, say, which has been reported, and e counted as failed.
 */
bool enter_stat(const struct context *c, const struct entry *e, struct stat *ret);

/* Say that d's source could not be read, or not all of it: err is an errno value. */
void enter_unread(const struct dir *d, int err);

#endif
