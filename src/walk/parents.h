/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parents - with --parents, the directories that lead to an operand.  Main thread only. */
#ifndef PCP_PARENTS_H
#define PCP_PARENTS_H

#include <stdbool.h>

struct context;
struct dir;

/* Where an operand is, and is copied to */
struct parents {
	struct dir *dir;		/* the innermost directory that leads to it; a reference */
	const char *name;		/* the operand's name in there */
	bool left_out;			/* there is no dir, as its file system is full */
};

/*
 * Open those directories below the target that lead to the operand path; some are missing, and
 * are made, if missing is set.  Returns true and sets ret->dir, on which the reference is the
 * caller's, and ret->name, the rest of path.  Otherwise ret->left_out is set, or a failure has
 * been reported.
 */
bool parents_open(struct context *c, const char *path, bool missing, struct parents *ret);

#endif
