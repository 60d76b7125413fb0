/* SPDX-License-Identifier: GPL-3.0-or-later */
/* top - the names with the highest values, as few as fit.  Thread-safe. */
#ifndef PCP_TOP_H
#define PCP_TOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/relaxed.h"

/* As many names are kept. */
#define TOP_MOST 20

struct top_item {
	uint64_t value;
	uint64_t more;			/* another number that belongs to the name */
	char *name;
};

struct top {
	_Atomic uint64_t floor;		/* what is no higher does not get in */
	pthread_mutex_t lock;		/* of what follows */
	unsigned int n;
	struct top_item items[TOP_MOST];	/* the highest value first */
};

#define TOP_INIT { .lock = PTHREAD_MUTEX_INITIALIZER }

/*
 * Returns true if value may get in: then the name is worth to be put together.  It takes one look
 * at memory that hardly ever changes.
 */
static inline bool top_wants(const struct top *t, uint64_t value)
{
	return value > relaxed_get(t->floor);
}

/* Add name, which is copied, if its value is high enough. */
void top_add(struct top *t, uint64_t value, uint64_t more, const char *name);

#endif
