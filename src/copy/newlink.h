/* SPDX-License-Identifier: GPL-3.0-or-later */
/* newlink - hard links and symlinks, also in place of what has their name.  Thread-safe. */
#ifndef PCP_NEWLINK_H
#define PCP_NEWLINK_H

#include <stdbool.h>

/*
 * Make a hard link, as linkat(2) with its flags.  With *replace it takes the place of what
 * has the name to, which is never missing meanwhile; then *replace tells whether there was
 * such a thing.  Returns 0 or an errno value; or NEWLINK_IS_THERE, with *replace, if that was
 * a name of the same file, and stays.
 */
#define NEWLINK_IS_THERE (-1)
int newlink_hard(int from_dir, const char *from, int to_dir, const char *to, int flags,
		 bool *replace);

/* Returns what newlink_hard() would, as far as can be seen; from_dir -1: there is no from yet. */
int newlink_hard_dry(int from_dir, const char *from, int to_dir, const char *to, int flags,
		     bool *replace);

/* As newlink_hard(), for a symlink to target that is called name in dir. */
int newlink_symbolic(const char *target, int dir, const char *name, bool *replace);

#endif
