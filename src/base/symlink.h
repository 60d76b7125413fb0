/* SPDX-License-Identifier: GPL-3.0-or-later */
/* symlink - what symlinks say, and where they lead.  Thread-safe. */
#ifndef PCP_SYMLINK_H
#define PCP_SYMLINK_H

/*
 * Returns the contents of the symlink name in the directory dir (or AT_FDCWD), which the
 * caller frees; or NULL with errno set, which is EINVAL if name is no symlink.
 */
char *symlink_read(int dir, const char *name);

/*
 * Returns where the symlink name in dir leads to, maybe by way of others, as a name in dir.
 * Nothing need be there.  The caller frees it.
 */
char *symlink_end(int dir, const char *name);

#endif
