/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * targets - the destinations that operands of this run have taken, lest a later operand
 * overwrite what an earlier one has made.  Main thread only.
 */
#ifndef PCP_TARGETS_H
#define PCP_TARGETS_H

#include <stdbool.h>

struct context;
struct entry;

/* Returns true if an operand has taken e's destination. */
bool targets_have(const struct context *c, const struct entry *e);

/* e, if it is an operand, takes its destination. */
void targets_take(struct context *c, const struct entry *e);

/* Nothing has been made of e after all: its destination is free again. */
void targets_give_back(struct context *c, const struct entry *e);

#endif
