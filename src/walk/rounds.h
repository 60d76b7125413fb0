/* SPDX-License-Identifier: GPL-3.0-or-later */
/* rounds - with --retry, what has failed for a passing reason is tried again, at the end. */
#ifndef PCP_ROUNDS_H
#define PCP_ROUNDS_H

struct operands;

/*
 * All operands have been given to operand_copy(), with all: wait for what was begun, and then try
 * what was kept, round after round.  What is left when the run is stopped has failed.  Main
 * thread only.
 */
void rounds_run(struct operands *all);

#endif
