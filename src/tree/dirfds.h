/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dirfds - the descriptors of directories, within a budget.  Thread-safe. */
#ifndef PCP_DIRFDS_H
#define PCP_DIRFDS_H

#include <stdbool.h>
#include <sys/stat.h>

struct dir;
struct dirs;

/*
 * Open both descriptors, and keep them open until dir_unpin().  False after
 * a failure, which has been reported.
 */
bool dir_pin(struct dir *d);
void dir_unpin(struct dir *d);

/* As dir_pin(), for the destination alone. */
bool dir_pin_dst(struct dir *d);

/* Note that d, which no other thread knows yet, has the destination st; zeros: unknown. */
void dir_expect_dst(struct dir *d, const struct stat *st);

/*
 * Open name, a directory in the source of parent, which is in use, for reading; a
 * symlink only with follow.  *ret_st is what was opened.  Returns a descriptor, which
 * counts against the budget until it is given to the new dir that it is the source of,
 * or closed by dir_close_src(); or -errno.
 */
int dir_open_src(struct dir *parent, const char *name, bool follow, struct stat *ret_st);
void dir_give_src(struct dir *d, int fd);
void dir_close_src(struct dirs *all, int fd);

/*
 * For dirrefs.c.  Keep d's descriptors open.
 */
void dirfds_pin_locked(struct dir *d);

/* Close d's descriptors.  With again, d may be opened once more. */
void dirfds_close_locked(struct dir *d, bool again);

/* All below d is done: its parent is opened if that was parked, and d is closed. */
void dirfds_leave_locked(struct dir *d, bool again);

#endif
