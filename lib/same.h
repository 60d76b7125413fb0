/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* same - are two files one, although their inode numbers differ?  Thread-safe. */
#ifndef CF_SAME_H
#define CF_SAME_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Prove whether the regular files src and dst, open for reading and for writing, are
 * one; st and there are their stats.  Where they may be, the size of dst is changed
 * for that.  Returns 1 if they are, and all is as it was; 0 if not, dst being about to
 * be overwritten; or -errno, dst being as it was.
 */
int cf_same_file(int src, const struct stat *st, int dst, const struct stat *there);

/* The same without a proof, of a file that cannot be opened: does it look so? */
bool cf_same_perhaps(int src, const struct stat *st, const struct stat *there);

#endif
