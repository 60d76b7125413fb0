/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parents - with --parents, the directories that lead to an operand.  Main thread only. */
#ifndef PCP_PARENTS_H
#define PCP_PARENTS_H

struct context;
struct dir;

/*
 * Make those directories below target that lead to the operand path and are missing.
 * Returns the innermost one, with a reference for the caller; *ret_name is the rest of path,
 * the operand's name in there.  Or NULL after a failure, which has been reported.
 */
struct dir *parents_make(struct context *c, const char *target, const char *path,
			 const char **ret_name);

#endif
