/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/symlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "areadlink.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* As many as the kernel follows */
#define MOST_SYMLINKS 40

char *symlink_read(int dir, const char *name)
{
	char *target;

	do
		target = areadlinkat(dir, name);
	while (!target && errno == EINTR);
	return target;
}

bool symlink_same(int a_dir, const char *a, int b_dir, const char *b)
{
	char *x = symlink_read(a_dir, a), *y = symlink_read(b_dir, b);
	bool same = x && y && !strcmp(x, y);

	free(x);
	free(y);
	return same;
}

char *symlink_end(int dir, const char *name)
{
	char *path = xstrdup(name), *target;

	for (int i = 0; i < MOST_SYMLINKS && (target = symlink_read(dir, path)); i++) {
		const char *slash = strrchr(path, '/');
		char *next = target[0] == '/' || !slash ? xstrdup(target) :
			     xasprintf("%.*s%s", (int)(slash + 1 - path), path, target);

		free(target);
		free(path);
		path = next;
	}
	return path;
}
