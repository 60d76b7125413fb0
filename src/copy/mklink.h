/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mklink - links that are made in place of copies.  Thread-safe. */
#ifndef PCP_MKLINK_H
#define PCP_MKLINK_H

#include <stdbool.h>

struct context;
struct entry;

/*
 * As linkat(2), with its flags; with *replace in place of what has the name to, which
 * is never missing meanwhile.  Then *replace tells whether there was any.  0 or errno.
 */
int mklink_at(int from_dir, const char *from, int to_dir, const char *to, int flags,
	      bool *replace);

/* -l, -s: link e's destination to its source.  False: that failed, and was reported. */
bool mklink_hard(struct context *c, const struct entry *e);
bool mklink_symbolic(struct context *c, const struct entry *e);

#endif
