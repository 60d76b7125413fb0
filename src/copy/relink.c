/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the copy may be in a directory that is complete, which nobody enters any more.  Its
 * struct dir is made then, and those of the directories that lead there, as ones that stay as they
 * are; links.c keeps what it needs of them.  The descriptors are opened one below the other, as
 * everywhere, so that no symlink is followed.
 */
#include <config.h>

#include "copy/relink.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/options.h"
#include "copy/context.h"
#include "copy/links.h"
#include "journal/journal.h"
#include "journal/oldlinks.h"
#include "report/checksums.h"
#include "tree/dir.h"
#include "tree/dirrefs.h"
#include "xalloc.h"

/* So that of two threads that meet an inode the second waits until it is known. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Returns a reference on name in above, a reference that is dropped. */
static struct dir *open_below(struct dir *above, const char *name, bool operand)
{
	const struct stat unknown = { .st_mode = 0 };
	struct dir *d = dir_new(above, name, name, &unknown);

	d->stays = true;
	/* An operand means what it means with cp. */
	d->follow[DIR_DST] = operand;
	dir_put(above);
	return d;
}

/*
 * Returns a reference on the directory with that number, of which only the destination is there; or
 * NULL if its name is not known.
 */
static struct dir *open_dir(struct context *c, uint64_t number)
{
	struct dir *d = dir_get(&c->cwd);
	const char **names = NULL;
	size_t n = 0, room = 0;

	/* Not by recursion: a tree may be deeper than the stack. */
	while (number) {
		if (n == room)
			names = x2nrealloc(names, &room, sizeof *names);
		names[n] = journal_dir_name(number, &number);
		if (!names[n++]) {
			dir_put(d);
			free(names);
			return NULL;
		}
	}
	for (size_t i = n; i-- > 0;)
		d = open_below(d, names[i], i == n - 1);
	free(names);
	return d;
}

static void add(struct context *c, const struct stat *st, const struct oldlink *k)
{
	struct dir *d = open_dir(c, k->dir);
	struct checksum sum = { .hash = k->hash_len ? c->opts->hash : 0 };

	if (!d)
		return;
	if (k->hash_len && k->hash_len <= sizeof sum.digest)
		memcpy(sum.digest, k->hash, k->hash_len);
	bool any = st->st_nlink >= LINKS_ANY;
	links_add_copied(&c->links, st, d, k->name, any ? LINKS_ANY : k->missing, &sum);
	dir_put(d);
}

void relink_meet(struct context *c, const struct stat *st)
{
	pthread_mutex_lock(&lock);
	struct oldlink *k = journal_take_link(st->st_dev, st->st_ino);
	if (k) {
		add(c, st, k);
		oldlink_free(k);
	}
	pthread_mutex_unlock(&lock);
}
