/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a name that is taken is replaced by a link under a temporary name beside it, which
 * is then renamed.  So the name is never missing.  The temporary name is one of the library's,
 * which copyfile_sweep() knows.
 */
#include <config.h>

#include "copy/newlink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/retry.h"
#include "same-inode.h"
#include "xalloc.h"

/* Tries to find a temporary name that is free */
#define TRIES 100

/* How to make a link called name in dir; make returns 0 or an errno value. */
struct maker {
	int (*make)(const struct maker *m, int dir, const char *name);
	int from_dir, flags;
	const char *from;
};

static int make_hard(const struct maker *m, int dir, const char *name)
{
	return RETRY(linkat(m->from_dir, m->from, dir, name, m->flags)) < 0 ? errno : 0;
}

static int make_symbolic(const struct maker *m, int dir, const char *name)
{
	return RETRY(symlinkat(m->from, dir, name)) < 0 ? errno : 0;
}

static int replace_by_link(const struct maker *m, int dir, const char *name)
{
	size_t size = strlen(name) + COPYFILE_TEMP_SIZE;
	char *temp = xmalloc(size);
	int err = EEXIST;

	for (unsigned int i = 0; i < TRIES && err == EEXIST; i++) {
		int r = copyfile_temp_name(dir, name, temp, size);

		err = r < 0 ? -r : m->make(m, dir, temp);
	}
	if (!err) {
		err = RETRY(renameat(dir, temp, dir, name)) < 0 ? errno : 0;
		/* Of two names of one inode rename(2) keeps both. */
		(void)RETRY(unlinkat(dir, temp, 0));
	}
	free(temp);
	return err;
}

/* Returns true if name in dir is a name of the file that m makes hard links to. */
static bool is_linked(const struct maker *m, int dir, const char *name)
{
	int follow = m->flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW;
	struct stat a, b;

	return m->make == make_hard && RETRY(fstatat(m->from_dir, m->from, &a, follow)) == 0 &&
	       RETRY(fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW)) == 0 && SAME_INODE(a, b);
}

static int make_link(const struct maker *m, int dir, const char *name, bool *replace)
{
	copyfile_limit_take(0, 1);
	int err = m->make(m, dir, name);
	bool exists = *replace && err == EEXIST;

	*replace = exists && !is_linked(m, dir, name);
	return *replace ? replace_by_link(m, dir, name) : exists ? NEWLINK_IS_THERE : err;
}

int newlink_hard(int from_dir, const char *from, int to_dir, const char *to, int flags,
		 bool *replace)
{
	const struct maker m = {
		.make = make_hard, .from_dir = from_dir, .flags = flags, .from = from,
	};

	return make_link(&m, to_dir, to, replace);
}

int newlink_hard_dry(int from_dir, const char *from, int to_dir, const char *to, int flags,
		     bool *replace)
{
	const struct maker m = {
		.make = make_hard, .from_dir = from_dir, .flags = flags, .from = from,
	};
	struct stat st;
	bool exists = RETRY(fstatat(to_dir, to, &st, AT_SYMLINK_NOFOLLOW)) == 0;

	*replace = *replace && exists && !is_linked(&m, to_dir, to);
	return exists && !*replace ? NEWLINK_IS_THERE : 0;
}

int newlink_symbolic(const char *target, int dir, const char *name, bool *replace)
{
	const struct maker m = { .make = make_symbolic, .from = target };

	return make_link(&m, dir, name, replace);
}
