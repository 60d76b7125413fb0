/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* newset - a directory that is new, and the files that were made in it.  Thread-safe. */
#ifndef CF_NEWSET_H
#define CF_NEWSET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct cf_newset;

/* Most inodes in a set: 8 to 16 MiB.  So many files take a server minutes, one way or other. */
#define CF_NEWSET_MOST ((size_t)768 * 1024)

/*
 * Begin to keep account of a directory.  dir is its stat; most is the number of files after
 * which O_EXCL is used.  The caller frees it, once no copy uses it any more.  NULL: no memory.
 */
struct cf_newset *cf_newset_new(const struct stat *dir, size_t most);

void cf_newset_free(struct cf_newset *n);

/*
 * Make name in dir, a regular file, and open it for access, O_WRONLY or O_RDWR.  Returns a
 * descriptor, with which, and with *loose, cf_newset_enter() must be called next; or -errno.
 */
int cf_newset_open(struct cf_newset *n, int dir, const char *name, int access, mode_t mode,
		   bool *loose);

/*
 * st is the stat of what cf_newset_open() has opened; NULL: there is none.  Returns true if
 * that is a new file, which is the caller's.  Else it was there before, and is not touched.
 */
bool cf_newset_enter(struct cf_newset *n, const struct stat *st, bool loose);

/* The file st, which had been entered, has been removed again. */
void cf_newset_forget(struct cf_newset *n, const struct stat *st);

#endif
