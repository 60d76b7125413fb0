/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations of slowfs, and what they can be told to do otherwise. */
#ifndef SLOWFS_OPS_H
#define SLOWFS_OPS_H

#define FUSE_USE_VERSION 312
#include <fuse.h>
#include <sys/types.h>

extern const struct fuse_operations operations;
extern unsigned max_copy;
extern int rootfd, statsfd, no_xattr, no_case, only_trunc, nonblock, own_ino, new_inodes;
extern mode_t the_mode;	/* that everything has, or -1 */

#endif
