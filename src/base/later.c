/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: one piece of memory for all names, since a directory may have a million
 * subdirectories.  Only where they are sorted is there an array besides.
 */
#include <config.h>

#include "base/later.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "xalloc.h"

/* The S_IFMT bits fit into a byte. */
#define TYPE_SHIFT 12

struct later_place {
	ino_t ino;
	size_t at;		/* its offset in pool */
};

void later_init(struct later *l, bool sorted)
{
	*l = (struct later){ .sorted = sorted };
}

void later_fini(struct later *l)
{
	free(l->pool);
	free(l->places);
}

void later_add(struct later *l, const char *name, mode_t type, ino_t ino)
{
	size_t size = strlen(name) + 1, at = l->used;

	while (l->room - l->used < size + 1)
		l->pool = x2realloc(l->pool, &l->room);
	l->pool[at] = (char)((type & S_IFMT) >> TYPE_SHIFT);
	memcpy(l->pool + at + 1, name, size);
	l->used += size + 1;
	if (!l->sorted)
		return;
	if (l->count == l->places_room)
		l->places = x2nrealloc(l->places, &l->places_room, sizeof *l->places);
	l->places[l->count++] = (struct later_place){ ino, at };
}

static int by_inode(const void *a, const void *b)
{
	const struct later_place *x = a, *y = b;

	return (x->ino > y->ino) - (x->ino < y->ino);
}

void later_sort(struct later *l)
{
	if (l->count)
		qsort(l->places, l->count, sizeof *l->places, by_inode);
}

const char *later_peek(const struct later *l, mode_t *ret_type)
{
	size_t at = l->at;

	if (l->sorted ? l->next == l->count : at == l->used)
		return NULL;
	if (l->sorted)
		at = l->places[l->next].at;
	*ret_type = (mode_t)l->pool[at] << TYPE_SHIFT;
	return l->pool + at + 1;
}

void later_skip(struct later *l)
{
	if (l->sorted)
		l->next++;
	else
		l->at += 1 + strlen(l->pool + l->at + 1) + 1;
}
