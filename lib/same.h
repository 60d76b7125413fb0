/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* same - finds out whether two files with different inode numbers are one.  Thread-safe. */
#ifndef CF_SAME_H
#define CF_SAME_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Find out whether the regular file src, open for reading, is dst, open for writing; st and
 * there are their stats.  If they may be one the size of dst is changed for a moment.
 * Returns 1 if they are one, which is then as it was; 0 if not, and then dst may have one
 * byte more, since it is to be overwritten; or -errno, and dst is as it was.
 */
int cf_same_file(int src, const struct stat *st, int dst, const struct stat *there);

/* Returns true if src and a file that cannot be opened look like one, without a proof. */
bool cf_same_perhaps(int src, const struct stat *st, const struct stat *there);

#endif
