/* SPDX-License-Identifier: GPL-3.0-or-later */
/* extras - with --delete, names in a directory's destination that its source has not. */
#ifndef PCP_EXTRAS_H
#define PCP_EXTRAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct context;
struct dir;

/* The names in one directory, while its source is read by one thread */
struct extras {
	uint64_t *hashes;	/* of the names in the destination, sorted */
	bool *seen;		/* whether the source has a name with that hash */
	size_t n, room;
	bool on;		/* the destination is compared */
};

/* The source of d, which is pinned, is about to be read: list its destination. */
void extras_begin(struct context *c, struct extras *x, struct dir *d);

/* The source has name. */
void extras_see(struct extras *x, const char *name);

/* The source has been read, to its end or not: doom what it has not, and free what x has. */
void extras_end(struct context *c, struct extras *x, struct dir *d, bool to_the_end);

#endif
