/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* newdir - a directory that is new, and the files that were made in it.  Thread-safe. */
#ifndef CF_NEWDIR_H
#define CF_NEWDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct cf_newdir;

/*
 * Begin to keep account of dir, an open directory.  above is that of the directory which dir
 * was made in, or NULL; it spares asking for the type of the file system.  Returns 0 or -errno.
 * *ret is NULL where O_EXCL costs nothing; else the caller frees it, once no copy uses it any
 * more.
 */
int cf_newdir_begin(int dir, const struct cf_newdir *above, struct cf_newdir **ret);

/*
 * As cf_newdir_begin(), on any file system.  dir is the directory's stat; most is the number of
 * files after which O_EXCL is used.  NULL: no memory.
 */
struct cf_newdir *cf_newdir_new(const struct stat *dir, size_t most);

void cf_newdir_free(struct cf_newdir *n);

/*
 * Make name in dir, a regular file, and open it for access, O_WRONLY or O_RDWR.  Returns a
 * descriptor, with which, and with *loose, cf_newdir_enter() must be called next; or -errno.
 */
int cf_newdir_open(struct cf_newdir *n, int dir, const char *name, int access, mode_t mode,
		   bool *loose);

/*
 * st is the stat of what cf_newdir_open() has opened; NULL: there is none.  Returns true if
 * that is a new file, which is the caller's.  Else it was there before, and is not touched.
 */
bool cf_newdir_enter(struct cf_newdir *n, const struct stat *st, bool loose);

/* The file st, which had been entered, has been removed again. */
void cf_newdir_forget(struct cf_newdir *n, const struct stat *st);

#endif
