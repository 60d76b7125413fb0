/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * later - names of one directory, kept to be visited later.  For one thread at a time.
 */
#ifndef PCP_LATER_H
#define PCP_LATER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct later {
	char *pool;		/* of each name: its type in a byte, itself, a NUL */
	size_t used, room;	/* of pool */
	size_t at;		/* the next name, where they are not sorted */
	bool sorted;		/* by inode; then: */
	struct later_place *places;	/* where in pool they begin */
	size_t count, places_room;
	size_t next;		/* of places */
};

/* sorted: names come in the order of their inode numbers, else as they were added. */
void later_init(struct later *l, bool sorted);
void later_fini(struct later *l);

/* Keep name, of an inode with number ino; type is its S_IFMT bits, 0: not known. */
void later_add(struct later *l, const char *name, mode_t type, ino_t ino);

/* When all have been added */
void later_sort(struct later *l);

/* The next name, or NULL; with *ret_type.  It stays valid until later_fini(). */
const char *later_peek(const struct later *l, mode_t *ret_type);

/* Go on to the one after that. */
void later_skip(struct later *l);

#endif
