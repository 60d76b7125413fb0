/* SPDX-License-Identifier: GPL-3.0-or-later */
/* walk - through a source tree, by as many walkers as help.  Thread-safe. */
#ifndef PCP_WALK_H
#define PCP_WALK_H

#include <stdbool.h>

struct context;
struct entry;

/*
 * Copy the directory that is the operand root; main thread only.  The copy may
 * still be under way when this returns, see context_drain(), but its topmost directory
 * has been made; false if not.  Everything that fails is reported.
 */
bool walk_tree(struct context *c, const struct entry *root);

/* Forget the operands, when all is done. */
void walk_free_roots(struct context *c);

#endif
