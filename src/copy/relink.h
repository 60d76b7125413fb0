/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * relink - where a pass goes on: further names of inodes that an earlier run has copied.
 * Thread-safe.
 */
#ifndef PCP_RELINK_H
#define PCP_RELINK_H

struct context;
struct stat;

/*
 * A name of the inode st, whose st_nlink may be LINKS_ANY, is met.  If an earlier run has copied
 * it, c's links know that now.
 */
void relink_meet(struct context *c, const struct stat *st);

#endif
