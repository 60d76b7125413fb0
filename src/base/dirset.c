/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: of the directories that a run makes, only the topmost are added, those whose
 * parents existed before, so the table stays small.  Inodes are compared, not names, since
 * symlinks and bind mounts lead to a directory, too.
 */
#include <config.h>

#include "base/dirset.h"

#include <stdlib.h>
#include <string.h>

#include "base/locked.h"
#include "hash.h"
#include "same-inode.h"
#include "xalloc.h"

/* st comes first, so that a struct stat alone serves as a key. */
struct dirset_entry {
	struct stat st;
	unsigned int number;
	char path[];
};

static size_t hash_inode(const void *entry, size_t size)
{
	return ((const struct stat *)entry)->st_ino % size;
}

static bool same_inode(const void *a, const void *b)
{
	return SAME_INODE(*(const struct stat *)a, *(const struct stat *)b);
}

void dirset_init(struct dirset *m)
{
	pthread_mutex_init(&m->lock, NULL);
	m->table = hash_initialize(61, NULL, hash_inode, same_inode, free);
	if (!m->table)
		xalloc_die();
}

void dirset_fini(struct dirset *m)
{
	hash_free(m->table);
}

const char *dirset_find(struct dirset *m, const struct stat *st)
{
	pthread_mutex_lock(&m->lock);
	const struct dirset_entry *found = hash_lookup(m->table, st);
	pthread_mutex_unlock(&m->lock);
	return found ? found->path : NULL;
}

const char *dirset_find_before(struct dirset *m, const struct stat *st, unsigned int before)
{
	pthread_mutex_lock(&m->lock);
	const struct dirset_entry *found = hash_lookup(m->table, st);
	pthread_mutex_unlock(&m->lock);
	return found && found->number < before ? found->path : NULL;
}

bool dirset_any(struct dirset *m)
{
	pthread_mutex_lock(&m->lock);
	bool any = hash_get_n_entries(m->table);
	pthread_mutex_unlock(&m->lock);
	return any;
}

void dirset_begin(struct dirset *m)
{
	pthread_mutex_lock(&m->lock);
}

static void enter_locked(struct dirset *m, const struct stat *st, const char *path,
			 unsigned int number)
{
	size_t size = strlen(path) + 1;
	assert_locked(&m->lock);
	struct dirset_entry *entry = xmalloc(sizeof *entry + size);

	entry->st = *st;
	entry->number = number;
	memcpy(entry->path, path, size);
	switch (hash_insert_if_absent(m->table, entry, NULL)) {
	case -1:
		xalloc_die();
	case 0:
		free(entry);
	}
}

void dirset_end(struct dirset *m, const struct stat *st, const char *path)
{
	if (st)
		enter_locked(m, st, path, 0);
	pthread_mutex_unlock(&m->lock);
}

void dirset_add(struct dirset *m, const struct stat *st, const char *path, unsigned int number)
{
	pthread_mutex_lock(&m->lock);
	enter_locked(m, st, path, number);
	pthread_mutex_unlock(&m->lock);
}
