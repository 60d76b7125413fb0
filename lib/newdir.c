/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: each gain is a module of its own; here is what they need to know of the directory.
 */
#include <config.h>

#include "newdir.h"

#include <errno.h>
#include <stdlib.h>

#include "fs.h"
#include "sys.h"

struct cf_newdir {
	struct cf_private private;
	struct cf_newset *set;		/* or NULL */
};

/* most: 0 for none, or as for cf_newset_new() */
static struct cf_newdir *new(const struct cf_private *private, const struct stat *dir, size_t most)
{
	struct cf_newdir *n = malloc(sizeof *n);
	struct cf_newset *set = n && most ? cf_newset_new(dir, most) : NULL;

	if (!n || (most && !set)) {
		free(n);
		return NULL;
	}
	n->private = *private;
	n->set = set;
	return n;
}

struct cf_newdir *cf_newdir_new(const struct stat *dir, size_t most)
{
	const struct cf_private not = { .on = false, .dev = dir->st_dev };

	return new(&not, dir, most);
}

/* Returns 1 if O_EXCL costs something in dir, 0 if not, or -errno. */
static int is_slow(int dir, const struct stat *st, const struct cf_newdir *above)
{
	/* On NFS the type of the file system is a round trip. */
	if (above && above->private.dev == st->st_dev)
		return above->set != NULL;
	return cf_fs_is_nfs(dir);
}

int cf_newdir_begin(int dir, const struct cf_newdir *above, struct cf_newdir **ret)
{
	struct cf_private private;
	struct stat st;
	int r = cf_fstat(dir, &st);

	*ret = NULL;
	if (r < 0)
		return r;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	r = is_slow(dir, &st, above);
	if (r < 0)
		return r;
	cf_private_begin(&private, dir, &st, above ? &above->private : NULL);
	if (!r && !private.on)
		return 0;
	*ret = new(&private, &st, r ? CF_NEWSET_MOST : 0);
	return *ret ? 0 : -ENOMEM;
}

void cf_newdir_free(struct cf_newdir *n)
{
	if (!n)
		return;
	cf_newset_free(n->set);
	free(n);
}

struct cf_newset *cf_newdir_set(struct cf_newdir *n)
{
	return n ? n->set : NULL;
}

struct cf_private *cf_newdir_private(struct cf_newdir *n)
{
	return n && n->private.on ? &n->private : NULL;
}
