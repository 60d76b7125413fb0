/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a full name is put together from the names of the directories above, when a
 * message needs it.  Nothing is opened by such a name: a tree may be deeper than a path
 * can be long.
 */
#include <config.h>

#include "tree/dirpath.h"

#include <stdlib.h>
#include <string.h>

#include "tree/dir.h"
#include "xalloc.h"

/* The most bytes that the full name can take, with its end */
static size_t size_of_path(const struct dir *d, enum dir_side side, const char *name)
{
	size_t size = strlen(name) + 1;

	for (; d; d = d->parent)
		size += strlen(d->name[side]) + 1;
	return size;
}

/* Put the name of d before path.  Returns where the whole begins. */
static char *put_before(char *path, const struct dir *d, enum dir_side side)
{
	const char *dir = d->name[side];
	size_t len = strlen(dir);

	/* "dir//" and "x" is "dir/x"; "" adds nothing.  At the top it stays as it was given. */
	while (d->parent && *path && len > 1 && dir[len - 1] == '/')
		len--;
	if (*path && len && dir[len - 1] != '/')
		*--path = '/';
	return memcpy(path - len, dir, len);
}

static char *path_of(const struct dir *d, enum dir_side side, const char *name)
{
	size_t size = size_of_path(d, side, name), name_size = strlen(name) + 1;
	char *path = xmalloc(size);
	char *at = memcpy(path + size - name_size, name, name_size);

	for (; d; d = d->parent)
		at = put_before(at, d, side);
	return memmove(path, at, strlen(at) + 1);
}

char *dir_src_path(const struct dir *d, const char *name)
{
	return path_of(d, DIR_SRC, name);
}

char *dir_dst_path(const struct dir *d, const char *name)
{
	return path_of(d, DIR_DST, name);
}
