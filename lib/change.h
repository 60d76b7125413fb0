/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* change - whether a file is what it was when it was looked at before. */
#ifndef CF_CHANGE_H
#define CF_CHANGE_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Returns true if the file whose stat was before, and is now, has changed in between; or, of
 * stats made at the same time, if they are those of two files.
 */
bool cf_change_seen(const struct stat *before, const struct stat *now);

/*
 * Returns true if the contents of the file fd, whose stat is now, are made up as they are read,
 * so that its size means nothing.
 */
bool cf_change_made_up(int fd, const struct stat *now);

#endif
