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
 * such an inode stays to the end.  An inode takes some 90 bytes, its place in the table
 * included; only the name of a copy that is not the first is a block of memory of its own.
 *
 * Where checksums are made, that of the copy is kept for its further names: in front of the
 * entry, so that no other run needs memory for it.
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
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/retry.h"
#include "copy/newlink.h"
#include "hash.h"
#include "report/checksums.h"
#include "same-inode.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"
#include "tree/dirrefs.h"
#include "xalloc.h"

/* Bytes in front of a struct link, where its checksum is */
#define SUM_ROOM ((sizeof(struct checksum) + _Alignof(max_align_t) - 1) / \
		  _Alignof(max_align_t) * _Alignof(max_align_t))

/* The file that a copy was written to through a symlink; 0, 0: not known */
struct link_end {
	dev_t dev;
	ino_t ino;
};

/* A name that is not in the block of its struct link */
struct other_name {
	struct link_end end;		/* if a symlink has the name */
	char name[];
};

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

/* Returns the checksum of k's copy, which is in front of k; NULL: there is no room for one. */
static struct checksum *sum_of(const struct link *k)
{
	return k->summed ? (struct checksum *)((char *)k - SUM_ROOM) : NULL;
}

static void free_link(void *entry)
{
	struct link *k = entry;

	assert(!k->users && !k->last);
	dir_put_weak(k->dir);
	if (k->renamed)
		free(k->name.other);
	free(k->summed ? (void *)sum_of(k) : k);
}

void links_init(struct links *l, bool sums)
{
	pthread_mutex_init(&l->lock, NULL);
	l->sums = sums;
	l->table = hash_initialize(61, NULL, hash_link, same_link, free_link);
	if (!l->table)
		xalloc_die();
}

void links_fini(struct links *l)
{
	hash_free(l->table);
}

static const char *name_locked(const struct link *k)
{
	return k->renamed ? k->name.other->name : k->name.first;
}

/* k's copy has that name, which may be the one that it has already. */
static void set_name_locked(struct link *k, const char *name)
{
	size_t size = strlen(name) + 1;
	struct other_name *other = xmalloc(sizeof *other + size);

	memcpy(other->name, name, size);
	if (k->renamed)
		free(k->name.other);
	k->name.other = other;
	k->renamed = true;
	k->symlink = false;
}

/* A new copy of k is being made as name in dir. */
static void rename_locked(struct link *k, struct dir *dir, const char *name)
{
	dir_get_weak(dir);
	dir_put_weak(k->dir);
	k->dir = dir;
	set_name_locked(k, name);
	k->state = LINK_COPYING;
}

static struct link *new_link(const struct stat *st, struct dir *dir, const char *name, bool sum)
{
	size_t length = strlen(name) + 1;
	size_t size = offsetof(struct link, name) + length;
	size_t before = sum ? SUM_ROOM : 0;
	char *block = xzalloc(before + (size < sizeof(struct link) ? sizeof(struct link) : size));
	struct link *k = (struct link *)(block + before);

	k->summed = sum;
	k->dev = st->st_dev;
	k->ino = st->st_ino;
	k->type = IFTODT(st->st_mode);
	k->missing = st->st_nlink - 1;
	k->state = LINK_COPYING;
	k->dir = dir;
	dir_get_weak(dir);
	memcpy((char *)k + offsetof(struct link, name), name, length);
	return k;
}

static struct link *enter_locked(struct links *l, const struct stat *st, struct dir *dir,
				 const char *name)
{
	struct link *k = new_link(st, dir, name, l->sums);

	if (!hash_insert(l->table, k))
		xalloc_die();
	return k;
}

static void wait_locked(struct link *k, const struct link_name *n)
{
	struct waiting *w = xmalloc(sizeof *w);

	*w = (struct waiting){
		.dir = dir_get(n->dir), .name_src = xstrdup(n->src), .name_dst = xstrdup(n->dst),
		.backup = n->backup, .next = w,
	};
	if (k->last) {
		w->next = k->last->next;
		k->last->next = w;
	}
	k->last = w;
}

static void add_user_locked(struct link *k)
{
	assert(k->users < UINT16_MAX);
	k->users++;
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
	if (role != LINK_WAITS)
		add_user_locked(k);
	*ret = k;
	pthread_mutex_unlock(&l->lock);
	return role;
}

void links_add_copied(struct links *l, const struct stat *st, struct dir *dir, const char *name,
		      uint64_t missing, const struct checksum *sum)
{
	const struct link key = { .dev = st->st_dev, .ino = st->st_ino };

	pthread_mutex_lock(&l->lock);
	if (!hash_lookup(l->table, &key)) {
		struct link *k = enter_locked(l, st, dir, name);

		k->missing = missing < LINKS_ANY ? missing : LINKS_ANY;
		k->state = LINK_COPIED;
		if (k->summed)
			*sum_of(k) = *sum;
	}
	pthread_mutex_unlock(&l->lock);
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
	struct waiting *w = k->last->next;

	if (w == k->last)
		k->last = NULL;
	else
		k->last->next = w->next;
	return w;
}

struct waiting *links_next(struct links *l, struct link *k, bool *ret_copied)
{
	struct waiting *w = NULL;

	pthread_mutex_lock(&l->lock);
	assert(k->users > 0 && k->draining);
	*ret_copied = k->state == LINK_COPIED;
	if (k->state != LINK_COPYING && k->last)
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

/* Returns the name of k's copy in *ret_dir; for put_name(). */
static char *get_name_locked(const struct link *k, struct dir **ret_dir)
{
	*ret_dir = k->dir;
	dir_get_weak(k->dir);
	return xstrdup(name_locked(k));
}

static void put_name(struct dir *dir, char *name)
{
	dir_put_weak(dir);
	free(name);
}

int links_is_copy(struct links *l, const struct stat *src, const struct stat *dst)
{
	struct link key = { .dev = src->st_dev, .ino = src->st_ino };
	struct stat copy;

	pthread_mutex_lock(&l->lock);
	struct link *k = hash_lookup(l->table, &key);
	enum link_state state = k ? k->state : LINK_FAILED;
	struct dir *dir;
	char *name = state == LINK_COPIED ? get_name_locked(k, &dir) : NULL;
	pthread_mutex_unlock(&l->lock);
	if (!name)
		return state == LINK_COPYING ? -1 : 0;
	bool is = false;
	if (dir_pin_dst(dir)) {
		is = RETRY(fstatat(dir_dst_fd(dir), name, &copy, AT_SYMLINK_NOFOLLOW)) == 0 &&
		     SAME_INODE(copy, *dst);
		dir_unpin(dir);
	}
	put_name(dir, name);
	return is;
}

bool links_awaited(struct links *l, const struct link *k)
{
	pthread_mutex_lock(&l->lock);
	bool awaited = k->last;
	pthread_mutex_unlock(&l->lock);
	return awaited;
}

bool links_rename(struct links *l, struct link *k, const struct link_name *n)
{
	pthread_mutex_lock(&l->lock);
	bool first = k->state != LINK_COPYING;
	if (first) {
		rename_locked(k, n->dir, n->dst);
		add_user_locked(k);
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

void links_set_sum(struct links *l, struct link *k, const struct checksum *sum)
{
	pthread_mutex_lock(&l->lock);
	assert(k->users > 0);
	if (k->summed)
		*sum_of(k) = *sum;
	pthread_mutex_unlock(&l->lock);
}

void links_get_sum(struct links *l, const struct link *k, struct checksum *ret)
{
	pthread_mutex_lock(&l->lock);
	assert(k->users > 0);
	*ret = k->summed ? *sum_of(k) : (struct checksum){ .hash = 0 };
	pthread_mutex_unlock(&l->lock);
}

void links_note_symlink(struct links *l, struct link *k, const struct stat *end)
{
	pthread_mutex_lock(&l->lock);
	if (end && !k->renamed)
		set_name_locked(k, name_locked(k));
	k->symlink = end;
	if (end)
		k->name.other->end = (struct link_end){ .dev = end->st_dev, .ino = end->st_ino };
	pthread_mutex_unlock(&l->lock);
}

/*
 * Give the name to/name to the file that dir/first, a symlink, leads to, if that is end.
 * Returns as newlink_hard().
 */
static int link_to_end(int dir, const char *first, const struct link_end *end, int to,
		       const char *name, bool *replaced)
{
	char self[sizeof "/proc/self/fd/" + 3 * sizeof(int)];
	struct stat st;
	int fd = RETRY(openat(dir, first, O_PATH | O_CLOEXEC));

	if (fd < 0)
		return errno;
	int err = RETRY(fstat(fd, &st)) < 0 ? errno : 0;
	if (!err && (end->dev || end->ino) && (st.st_dev != end->dev || st.st_ino != end->ino))
		err = ESTALE;
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	if (!err)
		err = newlink_hard(AT_FDCWD, self, to, name, AT_SYMLINK_FOLLOW, replaced);
	close(fd);
	return err;
}

char *links_name(struct links *l, const struct link *k)
{
	struct dir *dir;

	pthread_mutex_lock(&l->lock);
	char *name = get_name_locked(k, &dir);
	pthread_mutex_unlock(&l->lock);
	char *path = dir_dst_path(dir, name);
	put_name(dir, name);
	return path;
}

int links_make(struct links *l, const struct link *k, struct dir *dir, const char *name,
	       bool follow, bool dry, bool *replaced, char **ret_first)
{
	/* Another thread may begin a new copy meanwhile; this one is as good. */
	pthread_mutex_lock(&l->lock);
	struct dir *first_dir;
	char *first = get_name_locked(k, &first_dir);
	/* A copy that has been replaced by a symlink must not be followed. */
	bool symlink = follow && k->symlink;
	struct link_end end = symlink ? k->name.other->end : (struct link_end){ .dev = 0 };
	pthread_mutex_unlock(&l->lock);

	int err = ESTALE;
	*replaced = false;
	if (dir_pin_dst(first_dir)) {
		int from = dir_dst_fd(first_dir), to = dir_dst_fd(dir);

		*replaced = true;
		err = dry ? newlink_hard_dry(from, first, to, name, 0, replaced) :
		      symlink ? link_to_end(from, first, &end, to, name, replaced) :
				newlink_hard(from, first, to, name, 0, replaced);
		dir_unpin(first_dir);
	}
	*ret_first = err > 0 ? dir_dst_path(first_dir, first) : NULL;
	put_name(first_dir, first);
	return err;
}
