/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hardlink - the further names of an inode become names of its copy.  Thread-safe. */
#ifndef PCP_HARDLINK_H
#define PCP_HARDLINK_H

#include <stdbool.h>

#include "copy/links.h"

struct context;
struct entry;
struct options;

/* Returns true if e's inode may have other names that are to become links to its copy. */
bool hardlink_possible(const struct options *o, const struct entry *e);

/*
 * The role of e among the names of its inode, as links_meet() tells.  backup, the new name
 * of what was at e's destination or NULL, is taken if e waits.
 */
enum link_role hardlink_meet(struct context *c, const struct entry *e, char *backup,
			     struct link **ret);

/* Note whether e, the first name of k, which is about to be copied, is written through a
   symlink. */
void hardlink_note_symlink(struct context *c, struct link *k, const struct entry *e);

/*
 * Give k's file the name e.  If it cannot have one more, e becomes the copy that the
 * rest of k's names wait for, or waits itself.  backup is the new name of what was there,
 * or NULL; it is freed, or what has it gets its old name again after a failure.
 */
void hardlink_make(struct context *c, struct link *k, const struct entry *e, char *backup);

/* A copy of k's file has ended, well or not: the names that waited get their turn. */
void hardlink_end(struct context *c, struct link *k, bool copied);

/*
 * What is at e's destination stays, and counts as e's copy.  If another name of e's inode
 * was copied before, a link to that takes its place.
 */
void hardlink_keep(struct context *c, const struct entry *e);

#endif
