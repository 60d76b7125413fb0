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
	char *pool;		/* of each name: its type in a byte, the name, a NUL */
	size_t used, room;	/* bytes of pool: that hold names, altogether */
	size_t at;		/* the next name's offset in pool, if they are not sorted */
	bool sorted;		/* by inode number; then: */
	struct later_place *places;	/* of the names in pool */
	size_t count, places_room;	/* how many there are, and fit */
	size_t next;		/* the next name's index in places */
};

/* If sorted, names come in the order of their inode numbers, else as they were added. */
void later_init(struct later *l, bool sorted);
void later_fini(struct later *l);

/* Keep a copy of name, whose inode has the number ino; type is its S_IFMT bits, or 0. */
void later_add(struct later *l, const char *name, mode_t type, ino_t ino);

/* If sorted: call this when all names have been added, and before the first is taken. */
void later_sort(struct later *l);

/* Returns the next name, valid until later_add() or later_fini(), and its type; or NULL. */
const char *later_peek(const struct later *l, mode_t *ret_type);

/* Skip the name that later_peek() returns. */
void later_skip(struct later *l);

#endif
