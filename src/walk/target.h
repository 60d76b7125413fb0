/* SPDX-License-Identifier: GPL-3.0-or-later */
/* target - cp's rules of what the operands mean. */
#ifndef PCP_TARGET_H
#define PCP_TARGET_H

struct context;

/*
 * Copy all operands.  Exits by itself, with status 1 and cp's message, if they
 * make no sense.
 */
void target_copy_operands(struct context *c);

#endif
