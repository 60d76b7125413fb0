/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/retry.h"
#include "dirname.h"
#include "hash-pjw.h"
#include "hash.h"
#include "same-inode.h"
#include "xalloc.h"

static int stat_parent(int dir, const char *name, int flags, struct stat *ret)
{
	char *parent = dir_name(name);
	int r = RETRY(fstatat(dir, parent, ret, flags));

	free(parent);
	return r;
}

int names_same(int a_dir, const char *a, int b_dir, const char *b, int flags)
{
	const char *base = last_component(a), *b_base = last_component(b);
	size_t len = base_len(base);
	struct stat a_parent, b_parent;

	if (len != base_len(b_base) || memcmp(base, b_base, len))
		return 0;
	if (stat_parent(a_dir, a, flags, &a_parent) < 0 ||
	    stat_parent(b_dir, b, flags, &b_parent) < 0)
		return -1;
	return SAME_INODE(a_parent, b_parent);
}

bool names_lead_nowhere(int err)
{
	return err == ENOENT || err == ENOTDIR || err == ELOOP || err == EACCES ||
	       err == ENAMETOOLONG;
}

bool names_gone(int err)
{
	return err == ENOENT || err == ESTALE;
}

static bool same(const void *a, const void *b)
{
	return !strcmp(a, b);
}

const char *names_below(const char *name, const char *dir)
{
	if (!*dir)
		return NULL;
	while (*dir) {
		size_t slashes = strspn(dir, "/"), there = strspn(name, "/");

		if (slashes && !dir[slashes])
			break;
		if (slashes ? !there : *name != *dir)
			return NULL;
		name += slashes ? there : 1;
		dir += slashes ? slashes : 1;
	}
	return !*name || *name == '/' ? name : NULL;
}

struct hash_table *names_new(void)
{
	struct hash_table *t = hash_initialize(61, NULL, hash_pjw, same, free);

	if (!t)
		xalloc_die();
	return t;
}

bool names_add(struct hash_table *set, const char *name)
{
	char *entry = xstrdup(name);

	switch (hash_insert_if_absent(set, entry, NULL)) {
	case -1:
		xalloc_die();
	case 0:
		free(entry);
		return false;
	}
	return true;
}

bool names_have(struct hash_table *set, const char *name)
{
	return hash_lookup(set, name);
}

void names_remove(struct hash_table *set, const char *name)
{
	free(hash_remove(set, name));
}
