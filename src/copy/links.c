/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: an inode with several names is copied once, under the name that the
 * walk meets first.  Names that are met while that copy is pending wait;
 * when it ends they are linked, or, if it failed, the next of them is copied
 * in its place:
 *
 *	links_meet()
 *	    |
 *	    v		  links_end(true)
 *	 COPYING ------------------------> COPIED: names are linked
 *	  |   ^				      |
 *	  |   |  links_rename(), where no further name can be had
 *	  |   +-------------------------------+
 *	  |   |  links_rename(), for the next name that waits
 *	  |   +-------- FAILED <--+
 *	  +-----------------------+ links_end(false)
 *
 * One thread at a time handles the names that wait (draining).  If the copy of such a name
 * ends meanwhile, in that thread or another, links_end() leaves the rest to it.
 *
 * An inode is forgotten when all of its names have been met and none waits, so memory is
 * that of the inodes whose names are still awaited.  Names outside of the source never come;
 * such an inode stays to the end.
 *
 * The copy is found again by its directory, on which the inode has a weak reference: the
 * directory's attributes need not wait for a name in another place.
 *
 * The lock is not held while a file system works.  A thread that works on an inode is one of
 * its users, and an inode with users is not freed.
 */
#include <config.h>

#include "copy/links.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>

#include "copy/newlink.h"
#include "hash.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"
#include "tree/dirrefs.h"
#include "xalloc.h"

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
	free(w->backup);
	free(w);
}

static void free_link(void *entry)
{
	struct link *k = entry;

	assert(!k->users && !k->first);
	dir_put_weak(k->dir);
	free(k->name);
	free(k);
}

void links_init(struct links *l)
{
	pthread_mutex_init(&l->lock, NULL);
	l->table = hash_initialize(61, NULL, hash_link, same_link, free_link);
	if (!l->table)
		xalloc_die();
}

void links_fini(struct links *l)
{
	hash_free(l->table);
}

/* k's copy is being made as name in dir. */
static void set_name_locked(struct link *k, struct dir *dir, const char *name)
{
	dir_get_weak(dir);
	if (k->dir)
		dir_put_weak(k->dir);
	free(k->name);
	k->dir = dir;
	k->name = xstrdup(name);
	k->state = LINK_COPYING;
}

static struct link *enter_locked(struct links *l, const struct stat *st, struct dir *dir,
				 const char *name)
{
	struct link *k = xzalloc(sizeof *k);

	k->dev = st->st_dev;
	k->ino = st->st_ino;
	k->type = st->st_mode & S_IFMT;
	k->missing = st->st_nlink - 1;
	k->last = &k->first;
	set_name_locked(k, dir, name);
	if (!hash_insert(l->table, k))
		xalloc_die();
	return k;
}

static void wait_locked(struct link *k, const struct link_name *n)
{
	struct waiting *w = xmalloc(sizeof *w);

	*w = (struct waiting){
		.dir = dir_get(n->dir), .name_src = xstrdup(n->src), .name_dst = xstrdup(n->dst),
		.backup = n->backup,
	};
	*k->last = w;
	k->last = &w->next;
}

enum link_role links_meet(struct links *l, const struct stat *st, const struct link_name *n,
			  struct link **ret)
{
	struct link key = { .dev = st->st_dev, .ino = st->st_ino };
	enum link_role role = LINK_FURTHER;

	pthread_mutex_lock(&l->lock);
	struct link *k = hash_lookup(l->table, &key);
	if (k && k->missing)
		k->missing--;
	if (!k) {
		k = enter_locked(l, st, n->dir, n->dst);
		role = LINK_FIRST;
	} else if (k->state != LINK_COPIED) {
		wait_locked(k, n);
		role = LINK_WAITS;
	}
	k->users += role != LINK_WAITS;
	*ret = k;
	pthread_mutex_unlock(&l->lock);
	return role;
}

bool links_end(struct links *l, struct link *k, bool copied)
{
	pthread_mutex_lock(&l->lock);
	assert(k->users > 0 && k->state == LINK_COPYING);
	k->state = copied ? LINK_COPIED : LINK_FAILED;
	bool mine = !k->draining;
	k->draining = true;
	pthread_mutex_unlock(&l->lock);
	return mine;
}

static struct waiting *take_first_locked(struct link *k)
{
	struct waiting *w = k->first;

	k->first = w->next;
	if (!k->first)
		k->last = &k->first;
	return w;
}

struct waiting *links_next(struct links *l, struct link *k, bool *ret_copied)
{
	struct waiting *w = NULL;

	pthread_mutex_lock(&l->lock);
	assert(k->users > 0 && k->draining);
	*ret_copied = k->state == LINK_COPIED;
	if (k->state != LINK_COPYING && k->first)
		w = take_first_locked(k);
	k->draining = w;
	if (!w && k->state == LINK_FAILED && !k->forgotten) {
		/* A name that is met later must begin a new entry: here it would wait for
		   ever. */
		hash_remove(l->table, k);
		k->forgotten = true;
	}
	pthread_mutex_unlock(&l->lock);
	return w;
}

bool links_awaited(struct links *l, const struct link *k)
{
	pthread_mutex_lock(&l->lock);
	bool awaited = k->first;
	pthread_mutex_unlock(&l->lock);
	return awaited;
}

bool links_rename(struct links *l, struct link *k, const struct link_name *n)
{
	pthread_mutex_lock(&l->lock);
	bool first = k->state != LINK_COPYING;
	if (first) {
		set_name_locked(k, n->dir, n->dst);
		k->users++;
	} else {
		wait_locked(k, n);
	}
	pthread_mutex_unlock(&l->lock);
	return first;
}

void links_leave(struct links *l, struct link *k)
{
	pthread_mutex_lock(&l->lock);
	assert(k->users > 0);
	bool wanted = --k->users || k->state == LINK_COPYING ||
		      (k->missing && k->state == LINK_COPIED);
	if (!wanted && !k->forgotten)
		hash_remove(l->table, k);
	pthread_mutex_unlock(&l->lock);
	if (!wanted)
		free_link(k);
}

void links_note_symlink(struct links *l, struct link *k, bool symlink)
{
	pthread_mutex_lock(&l->lock);
	k->symlink = symlink;
	pthread_mutex_unlock(&l->lock);
}

int links_make(struct links *l, const struct link *k, struct dir *dir, const char *name,
	       bool follow, bool *replaced, char **ret_first)
{
	/* Another thread may begin a new copy meanwhile; this one is as good. */
	pthread_mutex_lock(&l->lock);
	struct dir *first_dir = k->dir;
	char *first = xstrdup(k->name);
	/* A copy that has been replaced by a symlink must not be followed. */
	int flags = follow && k->symlink ? AT_SYMLINK_FOLLOW : 0;
	dir_get_weak(first_dir);
	pthread_mutex_unlock(&l->lock);

	int err = ESTALE;
	*replaced = false;
	if (dir_pin_dst(first_dir)) {
		int from = dir_dst_fd(first_dir), to = dir_dst_fd(dir);

		*replaced = true;
		err = newlink_hard(from, first, to, name, flags, replaced);
		dir_unpin(first_dir);
	}
	*ret_first = err ? dir_dst_path(first_dir, first) : NULL;
	dir_put_weak(first_dir);
	free(first);
	return err;
}
