/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dirpath - full names of entries, for messages.  Thread-safe. */
#ifndef PCP_DIRPATH_H
#define PCP_DIRPATH_H

struct dir;

/*
 * Return the full name of an entry of d, in its source or its destination; if name is "",
 * that of d itself.  The caller frees it.
 */
char *dir_src_path(const struct dir *d, const char *name);
char *dir_dst_path(const struct dir *d, const char *name);

#endif
