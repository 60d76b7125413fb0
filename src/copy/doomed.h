/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * doomed - with --delete, what is to be removed from the destination when all has been
 * copied.  Thread-safe.
 */
#ifndef PCP_DOOMED_H
#define PCP_DOOMED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/later.h"

struct dir;
struct entry;

/* Names in the destination of one directory */
struct doomed_names {
	struct doomed_names *next;
	struct dir *dir;		/* a reference: it has its attributes when they are gone */
	struct later names;
	bool replaced;			/* they had to make room, and have been renamed for that */
};

struct doomed {
	pthread_mutex_t lock;		/* of what follows */
	struct doomed_names *first;
	char **originals;		/* the names that were set aside, by their numbers */
	size_t noriginals, room;
	_Atomic uint64_t kept;		/* entries that were there, and have a source */
	_Atomic uint64_t below;		/* entries that are doomed, at any depth */
};

void doomed_init(struct doomed *doomed);

/* Drop what is left, so that its directories can be completed.  Main thread only, at the end. */
void doomed_fini(struct doomed *doomed);

/* dir's destination has names, which become the list's, that its source has not. */
void doomed_add(struct doomed *doomed, struct dir *dir, struct later *names);

/*
 * What is at e's destination, a directory or in the place of one, must make room: rename it,
 * and doom it; type is its S_IFMT bits.  Returns its new name, in the same directory, which the
 * caller frees; or NULL with errno set.  With dry nothing is renamed, but the rest is the same.
 */
char *doomed_set_aside(struct doomed *doomed, const struct entry *e, mode_t type, bool dry);

/*
 * Returns the name that doomed_set_aside() has taken from what is now called name, or name if it
 * has taken none; it lives as long as doomed.
 */
const char *doomed_original(struct doomed *doomed, const char *name);

#endif
