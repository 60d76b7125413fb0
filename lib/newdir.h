/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* newdir - what there is to gain from a directory being new.  Thread-safe. */
#ifndef CF_NEWDIR_H
#define CF_NEWDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "newset.h"
#include "private.h"

struct cf_newdir;

/*
 * Begin to keep account of dir, an open directory.  above is that of the directory which dir
 * was made in, or NULL; it spares asking what was found out there.  Returns 0 or -errno.
 * *ret is NULL where there is nothing to gain; else the caller frees it, once no copy uses it any
 * more.
 */
int cf_newdir_begin(int dir, const struct cf_newdir *above, struct cf_newdir **ret);

/*
 * As cf_newdir_begin(), with a set, on any file system.  dir and most are those of
 * cf_newset_new().  NULL: no memory.
 */
struct cf_newdir *cf_newdir_new(const struct stat *dir, size_t most);

void cf_newdir_free(struct cf_newdir *n);

/* Returns the set of the files that were made in n; NULL where O_EXCL costs nothing. */
struct cf_newset *cf_newdir_set(struct cf_newdir *n);

/* Returns what is known of the files that are made in n, if n is private; else NULL. */
struct cf_private *cf_newdir_private(struct cf_newdir *n);

#endif
