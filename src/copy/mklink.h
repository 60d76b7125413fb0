/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mklink - links that are made in place of copies.  Thread-safe. */
#ifndef PCP_MKLINK_H
#define PCP_MKLINK_H

#include <stdbool.h>

struct context;
struct entry;

/*
 * -l, -s: link e's destination to its source; over: something is there, which --dry-run has left.
 * Return false after a failure, reported here.
 */
bool mklink_hard(struct context *c, const struct entry *e, bool over);
bool mklink_symbolic(struct context *c, const struct entry *e, bool over);

#endif
