/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * walk - the copy of a directory that is an operand, or a name of --files-from, by several
 * threads.  Main thread only, but for what says otherwise.
 */
#ifndef PCP_WALK_H
#define PCP_WALK_H

#include <stdbool.h>

#include <sys/types.h>

#include "tree/dir.h"

struct context;
struct dir;
struct entry;
struct later;
struct walk_root;

/*
 * Copy the directory that is the operand e, or begin to: see context_drain().  Returns true
 * if its destination has been made, or merged into.  Everything that fails is reported.
 */
bool walk_tree(struct context *c, const struct entry *e);

/*
 * Count or remove, as doom says, the names in the destination of dir, or begin to: see
 * context_drain(), until which they are borrowed.
 */
void walk_doomed(struct context *c, enum dir_doom doom, struct dir *dir,
		 const struct later *names);

/* Returns that of the operand that d is, or is below.  Main thread only. */
struct walk_root *walk_find_root(const struct context *c, const struct dir *d);

/* Copy e, which has failed before and is below root, and all that is below it.  Any thread. */
void walk_entry(struct context *c, struct walk_root *root, const struct entry *e);

/*
 * Read d, on which the caller has a reference, from that offset on, and copy what is there.
 * Any thread.
 */
void walk_rest(struct context *c, struct walk_root *root, struct dir *d, off_t at);

/* A new root, for the operand e. */
struct walk_root *walk_add_root(struct context *c, const struct entry *e);

/* Copy what is in d, whose destination exists; takes the caller's reference on d. */
void walk_dir(struct context *c, struct walk_root *root, struct dir *d);

/* Free what walk_tree() keeps of the operands, when all copies have ended. */
void walk_free_roots(struct context *c);

#endif
