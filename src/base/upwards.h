/* SPDX-License-Identifier: GPL-3.0-or-later */
/* upwards - a directory, and those above it.  Thread-safe. */
#ifndef PCP_UPWARDS_H
#define PCP_UPWARDS_H

#include <stdbool.h>

struct stat;

/*
 * Returns 1 if is_it(arg, st) for the directory path, relative to at, or one above it; 0 if it is
 * for none; or -1 with errno set if one of them cannot be opened.
 */
int upwards_find(int at, const char *path, bool (*is_it)(void *arg, const struct stat *st),
		  void *arg);

#endif
