/* SPDX-License-Identifier: GPL-3.0-or-later */
/* symlink - what symlinks say, and where they lead.  Thread-safe. */
#ifndef PCP_SYMLINK_H
#define PCP_SYMLINK_H

#include <stdbool.h>

/*
 * Returns the contents of the symlink name in the directory dir (or AT_FDCWD), which the
 * caller frees; or NULL with errno set, which is EINVAL if name is no symlink.
 */
char *symlink_read(int dir, const char *name);

/* Returns true if a and b, relative to a_dir and b_dir, are symlinks with the same contents. */
bool symlink_same(int a_dir, const char *a, int b_dir, const char *b);

/*
 * Returns where the symlink name in dir leads to, maybe by way of others, as a name in dir.
 * Nothing need be there.  The caller frees it.
 */
char *symlink_end(int dir, const char *name);

#endif
