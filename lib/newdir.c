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
	dev_t dev;
	struct cf_newset *set;
};

struct cf_newdir *cf_newdir_new(const struct stat *dir, size_t most)
{
	struct cf_newdir *n = malloc(sizeof *n);
	struct cf_newset *set = n ? cf_newset_new(dir, most) : NULL;

	if (!set) {
		free(n);
		return NULL;
	}
	*n = (struct cf_newdir){ .dev = dir->st_dev, .set = set };
	return n;
}

int cf_newdir_begin(int dir, const struct cf_newdir *above, struct cf_newdir **ret)
{
	struct stat st;
	int r = cf_fstat(dir, &st);

	*ret = NULL;
	if (r < 0)
		return r;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	/* On NFS the type of the file system is a round trip. */
	r = above && above->dev == st.st_dev ? 1 : cf_fs_is_nfs(dir);
	if (r <= 0)
		return r;
	*ret = cf_newdir_new(&st, CF_NEWSET_MOST);
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
