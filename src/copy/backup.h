/* SPDX-License-Identifier: GPL-3.0-or-later */
/* backup - what is at an entry's destination gets another name.  Thread-safe. */
#ifndef PCP_BACKUP_H
#define PCP_BACKUP_H

#include <stdbool.h>
#include <sys/stat.h>

struct context;
struct entry;
struct options;

/* Returns true if what is at e's destination becomes a backup, unless that is a directory. */
bool backup_wanted(const struct options *o, const struct entry *e);

/*
 * Make what is at e's destination a backup; src is the stat of e's source.  *ret is its new
 * name in e's directory, on the heap; or NULL if nothing was there any more.  If *keep is set
 * then it keeps its old name as well, until the copy takes that; if that is not possible
 * *keep is cleared.  Returns false after a failure, which has been reported.
 */
bool backup_make(const struct options *o, const struct entry *e, const struct stat *src,
		 bool *keep, char **ret);

/*
 * e was not copied after all: backup gets its old name back, and is freed.  A failure is
 * reported.  Nothing happens if backup is NULL.
 */
void backup_restore(const struct context *c, const struct entry *e, char *backup);

#endif
