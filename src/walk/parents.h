/* SPDX-License-Identifier: GPL-3.0-or-later */
/* parents - the directories that lead to an operand, with --parents.  Main thread only. */
#ifndef PCP_PARENTS_H
#define PCP_PARENTS_H

struct context;
struct dir;

/*
 * Make, below target, the directories that lead to the operand path, as far as they
 * are missing.  Returns the innermost, with a reference, and in *ret_name where
 * in path the name in it begins; or NULL after a failure, which has been reported.
 */
struct dir *parents_make(struct context *c, const char *target, const char *path,
			 const char **ret_name);

#endif
