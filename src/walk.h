/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk - through a source tree, making its directories and copying the rest. */
#ifndef PCP_WALK_H
#define PCP_WALK_H

struct copy;
struct entry;

/*
 * Copy the directory root and all below it.  root's directory is in use by the
 * caller.  When this returns, copies may still be pending; everything that
 * fails is reported.
 */
void walk_tree(struct copy *c, const struct entry *root);

#endif
