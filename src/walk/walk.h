/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk - what is walked: operands, and names that are doomed.  Main thread only. */
#ifndef PCP_WALK_H
#define PCP_WALK_H

#include <stdbool.h>

#include "tree/dir.h"

struct context;
struct entry;
struct later;
struct walk_root;

/*
 * Copy the directory that is the operand e, or begin to: see context_drain().  Returns true
 * if its destination has been made, or merged into.  Everything that fails is reported.
 */
bool walk_tree(struct context *c, const struct entry *e);

/* A new root, for the operand e. */
struct walk_root *walk_add_root(struct context *c, const struct entry *e);

/* Returns that of the operand that d is, or is below. */
struct walk_root *walk_find_root(const struct context *c, const struct dir *d);

/* Free what was noted of the operands, when all copies have ended. */
void walk_free_roots(struct context *c);

/*
 * Count or remove, as doom says, the names in the destination of dir, or begin to: see
 * context_drain(), until which they are borrowed.
 */
void walk_doomed(struct context *c, enum dir_doom doom, struct dir *dir,
		 const struct later *names);

#endif
