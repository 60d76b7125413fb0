/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * made - directories to know again: those that this run has made within ones that
 * it has not, where a walk that comes to one has come to its own copy; and those
 * that were operands.  Thread-safe.
 */
#ifndef PCP_DIRSET_H
#define PCP_DIRSET_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/stat.h>

struct dirset {
	pthread_mutex_t lock;
	struct hash_table *table;	/* by inode; has a path, and a number */
};

void dirset_init(struct dirset *m);
void dirset_fini(struct dirset *m);

/* The path of the one with the inode st, which stays until dirset_fini(); or NULL. */
const char *dirset_find(struct dirset *m, const struct stat *st);

bool dirset_any(struct dirset *m);

/* The same of those entered by dirset_add() with a number less than before. */
const char *dirset_find_before(struct dirset *m, const struct stat *st, unsigned int before);

/* Enter the inode st, met by path as the operand number; an earlier one stays. */
void dirset_add(struct dirset *m, const struct stat *st, const char *path, unsigned int number);

/*
 * Between the two a directory comes to be; it is entered, unless st is NULL.
 * Nobody can have met it before it can be found.
 */
void dirset_begin(struct dirset *m);
void dirset_end(struct dirset *m, const struct stat *st, const char *path);

#endif
