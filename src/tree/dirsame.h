/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dirsame - directories whose inode numbers change.  Thread-safe. */
#ifndef PCP_DIRSAME_H
#define PCP_DIRSAME_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * A directory that was on dev was looked at, and then fd was opened by its name, whose stat,
 * *opened, has another inode.  Returns true if it may be the same directory nevertheless.
 */
bool dirsame_may_be(int fd, const struct stat *opened, dev_t dev);

#endif
