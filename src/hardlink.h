/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hardlink - the further names of an inode become names of its copy.  Thread-safe. */
#ifndef PCP_HARDLINK_H
#define PCP_HARDLINK_H

#include <stdbool.h>

#include "links.h"

struct copy;
struct entry;
struct options;

/* May e's inode have other names that are to become links to its copy? */
bool hardlink_possible(const struct options *o, const struct entry *e);

/* What the role of e is among the names of its inode: see links_meet(). */
enum link_role hardlink_meet(struct copy *c, const struct entry *e, struct link **ret);

/* e, which is about to be copied, is the first name of k: is it written through a symlink? */
void hardlink_note_symlink(struct copy *c, struct link *k, const struct entry *e);

/*
 * Give k's file the name e.  If it cannot have one more, e becomes the copy that the
 * rest of k's names wait for, or waits itself.
 */
void hardlink_make(struct copy *c, struct link *k, const struct entry *e);

/* A copy of k's file has ended, well or not: the names that waited get their turn. */
void hardlink_end(struct copy *c, struct link *k, bool copied);

/* What is at e's destination counts as its copy; or gives way to a link to an earlier one. */
void hardlink_keep(struct copy *c, const struct entry *e);

#endif
