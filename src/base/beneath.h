/* SPDX-License-Identifier: GPL-3.0-or-later */
/* beneath - opening names of several components without leaving a directory.  Thread-safe. */
#ifndef PCP_BENEATH_H
#define PCP_BENEATH_H

/*
 * As openat(2), of a relative path, but no component may be a symlink (ELOOP) or "..": what is
 * opened is below dir, whatever is renamed meanwhile.  flags have no O_CREAT.
 */
int beneath_open(int dir, const char *path, int flags);

#endif
