/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dirset - a set of directories, by inode.  Thread-safe.  A run has two: the directories
 * that it has made in directories that existed before (a walk that meets one of these has
 * met its own copy), and the directories that were operands.
 */
#ifndef PCP_DIRSET_H
#define PCP_DIRSET_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>

struct dirset {
	pthread_mutex_t lock;
	struct hash_table *table;	/* of struct dirset_entry, by inode */
};

void dirset_init(struct dirset *m);
void dirset_fini(struct dirset *m);

/* Returns the path of the directory with the inode st, valid until dirset_fini(); or NULL. */
const char *dirset_find(struct dirset *m, const struct stat *st);

/* Returns true if the set is not empty. */
bool dirset_any(struct dirset *m);

/* As dirset_find(), but only of directories that were added with a number less than before. */
const char *dirset_find_before(struct dirset *m, const struct stat *st, unsigned int before);

/* Add the directory st with its path and a number, unless the set has it already. */
void dirset_add(struct dirset *m, const struct stat *st, const char *path, unsigned int number);

/*
 * The caller makes a directory between the two calls.  It is added, unless st is NULL, before
 * any other thread can look for it.
 */
void dirset_begin(struct dirset *m);
void dirset_end(struct dirset *m, const struct stat *st, const char *path);

#endif
