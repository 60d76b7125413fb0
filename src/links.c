/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: an inode with several names is copied once, under the name that the
 * walk meets first.  Names met while that copy is pending wait on the entry;
 * when it ends they are linked, or, if it failed, the next of them is copied
 * in its place.
 *
 * An entry is forgotten when as many names as the inode has have been met and
 * none waits: memory is that of the inodes still awaited.  Names outside of the
 * source never come; such an entry stays to the end.
 *
 * The first copy is found again by its directory, which is held, not
 * referenced: its attributes need not wait for a name in another place.
 */
#include <config.h>

#include "links.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dir.h"
#include "hash.h"
#include "xalloc.h"
#include "xvasprintf.h"

static size_t hash_link(const void *entry, size_t size)
{
	const struct link *k = entry;

	return (k->ino ^ (uintmax_t)k->dev << 20) % size;
}

static bool same_link(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	return x->ino == y->ino && x->dev == y->dev;
}

void waiting_free(struct waiting *w)
{
	free(w->name_src);
	free(w->name_dst);
	free(w);
}

static void free_link(void *entry)
{
	struct link *k = entry;

	dir_unhold(k->dir);
	free(k->name);
	free(k);
}

void links_init(struct links *l)
{
	l->table = hash_initialize(61, NULL, hash_link, same_link, free_link);
	if (!l->table)
		xalloc_die();
}

void links_fini(struct links *l)
{
	hash_free(l->table);
}

struct link *links_find(struct links *l, const struct stat *st)
{
	struct link key = { .dev = st->st_dev, .ino = st->st_ino };
	struct link *k = hash_lookup(l->table, &key);

	if (k && k->missing)
		k->missing--;
	return k;
}

struct link *links_enter(struct links *l, const struct stat *st, struct dir *dir,
			 const char *name)
{
	struct link *k = xzalloc(sizeof *k);

	k->dev = st->st_dev;
	k->ino = st->st_ino;
	k->type = st->st_mode & S_IFMT;
	k->missing = st->st_nlink - 1;
	k->last = &k->first;
	links_rename(k, dir, name);
	if (!hash_insert(l->table, k))
		xalloc_die();
	return k;
}

void links_rename(struct link *k, struct dir *dir, const char *name)
{
	dir_hold(dir);
	if (k->dir)
		dir_unhold(k->dir);
	free(k->name);
	k->dir = dir;
	k->name = xstrdup(name);
	k->state = LINK_COPYING;
}

void links_wait(struct link *k, struct dir *dir, const char *src, const char *dst)
{
	struct waiting *w = xmalloc(sizeof *w);

	*w = (struct waiting){
		.dir = dir_get(dir), .name_src = xstrdup(src), .name_dst = xstrdup(dst),
	};
	*k->last = w;
	k->last = &w->next;
}

struct waiting *links_next(struct link *k)
{
	struct waiting *w = k->first;

	if (w) {
		k->first = w->next;
		if (!k->first)
			k->last = &k->first;
	}
	return w;
}

void links_settle(struct links *l, struct link *k)
{
	if (k->first || k->state == LINK_COPYING || (k->missing && k->state == LINK_COPIED))
		return;
	hash_remove(l->table, k);
	free_link(k);
}

/* Link under a temporary name beside it, then rename: name is never missing. */
static int replace(int from_dir, const char *from, int dir, const char *name)
{
	const char *slash = strrchr(name, '/');
	int prefix = slash ? (int)(slash + 1 - name) : 0, err = EEXIST;

	for (unsigned int i = 0; i < 100 && err == EEXIST; i++) {
		char *temp = xasprintf("%.*s.pcp-link-%ld-%u", prefix, name, (long)getpid(), i);

		err = linkat(from_dir, from, dir, temp, 0) < 0 ? errno : 0;
		if (!err) {
			err = renameat(dir, temp, dir, name) < 0 ? errno : 0;
			/* Of two names of one inode rename(2) keeps both. */
			unlinkat(dir, temp, 0);
			free(temp);
			return err;
		}
		free(temp);
	}
	return err;
}

int links_make(const struct link *k, struct dir *dir, const char *name, bool *replaced)
{
	int err;

	*replaced = false;
	if (!dir_use_dst(k->dir))
		return ESTALE;
	int from = dir_dst_fd(k->dir), to = dir_dst_fd(dir);
	err = linkat(from, k->name, to, name, 0) < 0 ? errno : 0;
	*replaced = err == EEXIST;
	if (*replaced)
		err = replace(from, k->name, to, name);
	dir_release(k->dir);
	return err;
}
