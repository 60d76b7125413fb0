/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * walker - a thread's way through one subtree, which gives parts of it to other threads.
 * Thread-safe.
 */
#ifndef PCP_WALKER_H
#define PCP_WALKER_H

#include <sys/types.h>

struct context;
struct dir;
struct entry;
struct later;
struct walk_root;

/*
 * Each of these functions has all that follows done, here or by other threads: see
 * context_drain().  Everything that fails is reported.
 */

/* Copy what is in d, whose destination exists; takes the caller's reference on d. */
void walker_walk(struct context *c, struct walk_root *root, struct dir *d);

/* Copy e, which has failed before, and all that is below it. */
void walker_copy(struct context *c, struct walk_root *root, const struct entry *e);

/* Read d, on which the caller has a reference, from that offset on, and copy what is there. */
void walker_read_on(struct context *c, struct walk_root *root, struct dir *d, off_t at);

/*
 * Count or remove, as root->doom says, the names in the destination of dir, which are borrowed
 * until all is done.
 */
void walker_remove(struct context *c, struct walk_root *root, struct dir *dir,
		   const struct later *names);

#endif
