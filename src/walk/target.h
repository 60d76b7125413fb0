/* SPDX-License-Identifier: GPL-3.0-or-later */
/* target - what the operands mean, by cp's rules.  Main thread only. */
#ifndef PCP_TARGET_H
#define PCP_TARGET_H

struct context;

/*
 * Copy all operands, or begin to: see context_drain().  Exits with status 1 and cp's message
 * if there are too many or too few of them.
 */
void target_copy_operands(struct context *c);

#endif
