/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: nothing is removed before everything has been copied, since then it is known which
 * directories were read to their ends, and how much would go altogether.  So the list has a
 * reference on each directory with something to remove, which keeps it from being complete:
 * its owner may still write to it, and it gets its times afterwards.
 *
 * A directory that is in the way of a file, or the reverse, is renamed: the new entry has its
 * name at once, while what was there goes with the rest, or stays if too much would go.  Such
 * a name is not in the source.  So if the run ends before that, the next one removes it.
 */
#include <config.h>

#include "copy/doomed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copy/entry.h"
#include "renameatu.h"
#include "tree/dir.h"
#include "tree/dirrefs.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* The new names begin so; the process and a number follow. */
static const char prefix[] = ".pcp-replaced-";

/* Tries to find a name that is free */
#define TRIES 100

void doomed_init(struct doomed *doomed)
{
	*doomed = (struct doomed){ .lock = PTHREAD_MUTEX_INITIALIZER };
}

void doomed_fini(struct doomed *doomed)
{
	struct doomed_names *names;

	/* To complete a directory dooms nothing. */
	while ((names = doomed->first)) {
		doomed->first = names->next;
		dir_put(names->dir);
		later_fini(&names->names);
		free(names);
	}
	for (size_t i = 0; i < doomed->noriginals; i++)
		free(doomed->originals[i]);
	free(doomed->originals);
	doomed->originals = NULL;
	doomed->noriginals = doomed->room = 0;
}

static void add(struct doomed *doomed, const struct doomed_names *what)
{
	struct doomed_names *names = xmalloc(sizeof *names);

	*names = *what;
	dir_get(names->dir);
	pthread_mutex_lock(&doomed->lock);
	names->next = doomed->first;
	doomed->first = names;
	pthread_mutex_unlock(&doomed->lock);
}

void doomed_add(struct doomed *doomed, struct dir *dir, struct later *names)
{
	add(doomed, &(struct doomed_names){ .dir = dir, .names = *names });
	later_init(names, false);
}

/* Returns a name, on the heap, by which name is found again. */
static char *new_name(struct doomed *doomed, const char *name)
{
	pthread_mutex_lock(&doomed->lock);
	size_t number = doomed->noriginals++;
	if (number == doomed->room)
		doomed->originals = x2nrealloc(doomed->originals, &doomed->room,
					       sizeof *doomed->originals);
	doomed->originals[number] = xstrdup(name);
	pthread_mutex_unlock(&doomed->lock);
	return xasprintf("%s%jd-%zu", prefix, (intmax_t)getpid(), number);
}

const char *doomed_original(struct doomed *doomed, const char *name)
{
	const size_t len = sizeof prefix - 1;
	char *end;

	if (strncmp(name, prefix, len) || strtoimax(name + len, &end, 10) != getpid() ||
	    *end != '-')
		return name;
	size_t number = strtoumax(end + 1, NULL, 10);
	pthread_mutex_lock(&doomed->lock);
	const char *original = number < doomed->noriginals ? doomed->originals[number] : name;
	pthread_mutex_unlock(&doomed->lock);
	return original;
}

char *doomed_set_aside(struct doomed *doomed, const struct entry *e, mode_t type, bool dry)
{
	int dir = dir_dst_fd(e->dir), r = -1;
	char *name = NULL;

	for (int i = 0; i < TRIES && r < 0; i++) {
		free(name);
		name = new_name(doomed, e->dst);
		r = dry ? 0 : renameatu(dir, e->dst, dir, name, RENAME_NOREPLACE);
		if (r < 0 && errno != EEXIST && errno != EINTR)
			break;
	}
	if (r < 0) {
		int err = errno;

		free(name);
		errno = err;
		return NULL;
	}
	struct doomed_names what = { .dir = e->dir, .replaced = true };
	later_init(&what.names, false);
	later_add(&what.names, dry ? e->dst : name, type, 0);
	add(doomed, &what);
	return name;
}
