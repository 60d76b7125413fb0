/* SPDX-License-Identifier: GPL-3.0-or-later */
/* jsonfd - the descriptor that --json names.  Main thread only. */
#ifndef PCP_JSONFD_H
#define PCP_JSONFD_H

/*
 * Returns the number in arg, or that of standard output if arg is NULL, if that is an open
 * descriptor that can be written to, and not standard error; else -1.
 */
int jsonfd_parse(const char *arg);

/*
 * After a mistake: begin the stream of a --json that has not been reached yet, as its reader
 * has to learn of the mistake.
 */
void jsonfd_begin_later(void);

#endif
