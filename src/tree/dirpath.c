/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a name is put together from those of the directories above it, when it is
 * needed for a message.  Nothing else is done by such a name: a tree may be deeper than a
 * path can be long.
 */
#include <config.h>

#include "tree/dirpath.h"

#include <stdlib.h>
#include <string.h>

#include "tree/dir.h"
#include "xalloc.h"

static char *path_of(const struct dir *d, enum dir_side side, const char *name)
{
	size_t len = strlen(name) + 1;

	for (const struct dir *up = d; up->parent; up = up->parent)
		len += strlen(up->name[side]) + 1;
	char *path = xmalloc(len), *at = path + len - (strlen(name) + 1);
	strcpy(at, name);
	for (const struct dir *up = d; up->parent; up = up->parent) {
		const char *part = up->name[side];
		size_t n = strlen(part);

		/* "dir//" and "x" is "dir/x"; "" adds nothing. */
		while (*at && n > 1 && part[n - 1] == '/')
			n--;
		if (*at && n && part[n - 1] != '/')
			*--at = '/';
		at -= n;
		memcpy(at, part, n);
	}
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
