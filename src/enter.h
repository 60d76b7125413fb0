/* SPDX-License-Identifier: GPL-3.0-or-later */
/* enter - a directory, on the way down.  Thread-safe. */
#ifndef PCP_ENTER_H
#define PCP_ENTER_H

#include <stdatomic.h>
#include <stdbool.h>

struct copy;
struct entry;

/* An operand that is walked */
struct walk_root {
	struct walk_root *next;
	char *src, *dst;		/* its names */
	unsigned int number;		/* which operand */
	atomic_bool met_itself;		/* some walker has, and has said so */
};

/*
 * Bring the destination of the directory e, below root, about; returns its dir, with a
 * reference, or NULL to leave it out, which has been reported.
 */
struct dir *enter_dir(struct copy *c, struct walk_root *root, const struct entry *e);

#endif
