/* SPDX-License-Identifier: GPL-3.0-or-later */
/* operand - the copy of one operand.  Main thread only. */
#ifndef PCP_OPERAND_H
#define PCP_OPERAND_H

struct context;
struct dir;

/* Copy the operand src, as named in dir, to dst in there. */
void operand_copy(struct context *c, struct dir *dir, const char *src, const char *dst);

#endif
