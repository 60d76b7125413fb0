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

struct made {
	pthread_mutex_t lock;
	struct hash_table *table;	/* by inode; has a path, and a number */
};

void made_init(struct made *m);
void made_fini(struct made *m);

/* The path of the one with the inode st, which stays until made_fini(); or NULL. */
const char *made_find(struct made *m, const struct stat *st);

bool made_any(struct made *m);

/* The same of those entered by made_note() with a number less than before. */
const char *made_find_before(struct made *m, const struct stat *st, unsigned int before);

/* Enter the inode st, met by path as the operand number; an earlier one stays. */
void made_note(struct made *m, const struct stat *st, const char *path, unsigned int number);

/*
 * Between the two a directory comes to be; it is entered, unless st is NULL.
 * Nobody can have met it before it can be found.
 */
void made_begin(struct made *m);
void made_end(struct made *m, const struct stat *st, const char *path);

#endif
