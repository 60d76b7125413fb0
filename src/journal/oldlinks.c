/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: an inode is kept from its first name to its last one, so that only those whose names are
 * still to come are left in the end, as in links.c.  Then the directories of their copies are
 * looked for, and those above them.  A directory has a greater number than the one above it, so
 * with a table of parents, 4 bytes for each directory, it is known which names are needed, and
 * the records are seen once more for these.  Where no file has several names there is no table.
 */
#include <config.h>

#include "journal/oldlinks.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "journal/record.h"
#include "journal/scan.h"
#include "report/message.h"
#include "xalloc.h"

/* A directory that leads to a copy */
struct old_dir {
	uint64_t number, parent;
	char *name;
};

/* While the records are seen */
struct loading {
	struct oldlinks *l;
	uint64_t last;
	uint32_t *parents;		/* of each directory; 0: an operand, or not known */
};

/* ---------------------------------------------------------------- tables */

static size_t hash_inode(const void *entry, size_t size)
{
	const struct oldlink *k = entry;

	return (k->ino ^ k->dev << 20) % size;
}

static bool same_inode(const void *a, const void *b)
{
	const struct oldlink *x = a, *y = b;

	return x->ino == y->ino && x->dev == y->dev;
}

void oldlink_free(struct oldlink *k)
{
	free(k->name);
	free(k->hash);
	free(k);
}

static void free_inode(void *entry)
{
	oldlink_free(entry);
}

static size_t hash_dir(const void *entry, size_t size)
{
	const struct old_dir *d = entry;

	return d->number % size;
}

static bool same_dir(const void *a, const void *b)
{
	const struct old_dir *x = a, *y = b;

	return x->number == y->number;
}

static void free_dir(void *entry)
{
	struct old_dir *d = entry;

	free(d->name);
	free(d);
}

/* --------------------------------------------------------------- loading */

static void add_inode(struct oldlinks *l, const struct record *r)
{
	struct oldlink *k = xzalloc(sizeof *k);

	k->dev = r->dev;
	k->ino = r->ino;
	k->missing = r->links - 1;
	k->dir = r->dir;
	k->name = xstrdup(r->dst ? r->dst : r->name);
	k->hash_len = r->hash_len;
	k->hash = r->hash_len ? xmemdup(r->hash, r->hash_len) : NULL;
	if (!hash_insert(l->inodes, k))
		xalloc_die();
}

static void see_entry(struct oldlinks *l, const struct record *r)
{
	struct oldlink *k = hash_lookup(l->inodes, &(struct oldlink){
		.dev = r->dev, .ino = r->ino,
	});

	if (!k && r->links > 1)
		add_inode(l, r);
	else if (k && --k->missing == 0) {
		hash_remove(l->inodes, k);
		oldlink_free(k);
	}
}

static void see_names(void *arg, const struct record *r)
{
	struct loading *loading = arg;

	if (r->kind == RECORD_ENTRY && r->ino)
		see_entry(loading->l, r);
	else if (r->kind == RECORD_BEGUN && r->dir <= loading->last && r->parent < r->dir)
		loading->parents[r->dir] = r->parent;
}

static void see_dirs(void *arg, const struct record *r)
{
	const struct oldlinks *l = arg;
	struct old_dir *d;

	if (r->kind != RECORD_BEGUN)
		return;
	d = hash_lookup(l->dirs, &(struct old_dir){ .number = r->dir });
	if (d && !d->name)
		d->name = xstrdup(r->dst ? r->dst : r->name);
}

/* Note the directories that lead to k's copy. */
static bool need_dirs(void *entry, void *arg)
{
	const struct oldlink *k = entry;
	const struct loading *loading = arg;

	for (uint64_t dir = k->dir; dir && dir <= loading->last; dir = loading->parents[dir]) {
		if (hash_lookup(loading->l->dirs, &(struct old_dir){ .number = dir }))
			break;
		struct old_dir *d = xzalloc(sizeof *d);
		d->number = dir;
		d->parent = loading->parents[dir];
		if (!hash_insert(loading->l->dirs, d))
			xalloc_die();
	}
	return true;
}

struct message *oldlinks_load(struct oldlinks *ret, const struct scan *s, uint64_t last)
{
	struct loading loading = { .l = ret, .last = last };

	*ret = (struct oldlinks){ .lock = PTHREAD_MUTEX_INITIALIZER };
	ret->inodes = hash_initialize(61, NULL, hash_inode, same_inode, free_inode);
	ret->dirs = hash_initialize(61, NULL, hash_dir, same_dir, free_dir);
	if (!ret->inodes || !ret->dirs)
		xalloc_die();
	loading.parents = xcalloc(last + 1, sizeof *loading.parents);
	struct message *wrong = scan_all(s, see_names, &loading);
	hash_do_for_each(ret->inodes, need_dirs, &loading);
	free(loading.parents);
	return wrong ? wrong : scan_all(s, see_dirs, ret);
}

void oldlinks_free(struct oldlinks *l)
{
	if (!l->inodes)
		return;
	hash_free(l->inodes);
	hash_free(l->dirs);
	l->inodes = l->dirs = NULL;
}

/* --------------------------------------------------------------- looking */

struct oldlink *oldlinks_take(struct oldlinks *l, uint64_t dev, uint64_t ino)
{
	struct oldlink *k;

	if (!l->inodes)
		return NULL;
	pthread_mutex_lock(&l->lock);
	k = hash_remove(l->inodes, &(struct oldlink){ .dev = dev, .ino = ino });
	pthread_mutex_unlock(&l->lock);
	return k;
}

const char *oldlinks_dir_name(const struct oldlinks *l, uint64_t dir, uint64_t *ret_parent)
{
	const struct old_dir *d = l->dirs ? hash_lookup(l->dirs, &(struct old_dir){
		.number = dir,
	}) : NULL;

	if (!d)
		return NULL;
	*ret_parent = d->parent;
	return d->name;
}
