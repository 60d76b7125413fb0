/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dirfds - the descriptors of directories, within a budget.  Thread-safe. */
#ifndef PCP_DIRFDS_H
#define PCP_DIRFDS_H

#include <stdbool.h>
#include <sys/stat.h>

struct dir;
struct dirs;

/*
 * Pin d: open both its descriptors, or the destination's alone, and keep them open until
 * dir_unpin().  Pins are counted.  Return false after a failure, which has been reported.
 */
bool dir_pin(struct dir *d);
bool dir_pin_dst(struct dir *d);
void dir_unpin(struct dir *d);

/*
 * The source of d cannot be read, or not opened.  Returns true the first time, when that has to
 * be reported: a directory is named once, however many of its entries need it.
 */
bool dir_lose_src(struct dir *d);

/*
 * Note that st is the destination of d, which no other thread knows yet: what is opened by
 * its name has to be that inode.  If st is all zeros, the inode is not known.
 */
void dir_expect_dst(struct dir *d, const struct stat *st);

/*
 * As dir_expect_dst(), for one that this run has not made.  Where the numbers of directories may
 * change it may be opened all the same: see dirsame.h.
 */
void dir_expect_existing_dst(struct dir *d, const struct stat *st);

/*
 * Open the directory name in the source of parent, which is pinned, for reading; a symlink
 * is followed only with follow.  *ret_st is the stat of what was opened.  Returns a
 * descriptor or -errno.  The descriptor counts against the budget until it is closed by
 * dir_close_src(), or is handed over by dir_give_src() to the struct dir that it is the
 * source of.
 */
int dir_open_src(struct dir *parent, const char *name, bool follow, struct stat *ret_st);
void dir_give_src(struct dir *d, int fd);
void dir_close_src(struct dirs *all, int fd);

/* For dirrefs.c, which holds dirs.lock: */

/* Pin d, which is pinned or without descriptors, and open nothing. */
void dirfds_pin_locked(struct dir *d);

/* Close the descriptors of d.  With reopen, they may be opened again later. */
void dirfds_close_locked(struct dir *d, bool reopen);

/*
 * All below d is complete: open its parent, if that was parked, by the ".." of d, and close
 * d as above.  Releases the lock for a while.
 */
void dirfds_leave_locked(struct dir *d, bool reopen);

#endif
