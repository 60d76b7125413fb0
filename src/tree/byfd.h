/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * byfd - attributes of what this run has made, set by descriptor, an O_PATH one included.
 * Thread-safe.
 */
#ifndef PCP_BYFD_H
#define PCP_BYFD_H

#include <sys/stat.h>
#include <time.h>

/*
 * Open what this run has just made as name in dir.  Returns an O_PATH descriptor, or -1 with
 * errno set: ESTALE if its type (S_IFMT bits) is not type or, for a device, its number is
 * not dev.  Its stat is put into ret, unless that is NULL.
 */
int byfd_open(int dir, const char *name, mode_t type, dev_t dev, struct stat *ret);

/*
 * Something is going to be made in the destination of d, which is pinned, or removed from it.  If
 * d->write_protected is set its owner, who is this user, is given the right to do that.
 */
struct dir;
void dir_let_owner_write(struct dir *d);

/* As fchmod(2) and futimens(2).  Not for the mode of a symlink, which has none. */
int byfd_chmod(int fd, mode_t mode);
int byfd_utimens(int fd, const struct timespec times[2]);

/* Remove the ACL that fd's file may have inherited, but for what the mode says. */
void byfd_drop_acl(int fd);

#endif
