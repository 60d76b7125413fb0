/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a name that is taken is replaced by a link under a temporary name beside
 * it, which is then renamed.  A symlink holds the source's name as it was given, so
 * one that is relative has a meaning only in the working directory.
 */
#include <config.h>

#include "copy/mklink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/options.h"
#include "base/retry.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "dirname.h"
#include "report/report.h"
#include "same-inode.h"
#include "tree/byfd.h"
#include "tree/dir.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* Tries to find a temporary name that is free */
#define TRIES 100

/* Makes a link called name in dir: 0 or errno. */
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
	const char *slash = strrchr(name, '/');
	int prefix = slash ? (int)(slash + 1 - name) : 0, err = EEXIST;

	for (unsigned int i = 0; i < TRIES && err == EEXIST; i++) {
		/* Unique among the threads, each of which has its err elsewhere */
		char *temp = xasprintf("%.*s.pcp-link-%ld-%jx-%u", prefix, name, (long)getpid(),
				       (uintmax_t)(uintptr_t)&err, i);

		err = m->make(m, dir, temp);
		if (!err) {
			err = RETRY(renameat(dir, temp, dir, name)) < 0 ? errno : 0;
			/* Of two names of one inode rename(2) keeps both. */
			(void)RETRY(unlinkat(dir, temp, 0));
			free(temp);
			return err;
		}
		free(temp);
	}
	return err;
}

static int make_link(const struct maker *m, int dir, const char *name, bool *replace)
{
	int err = m->make(m, dir, name);

	*replace = *replace && err == EEXIST;
	return *replace ? replace_by_link(m, dir, name) : err;
}

int mklink_at(int from_dir, const char *from, int to_dir, const char *to, int flags,
	      bool *replace)
{
	const struct maker m = {
		.make = make_hard, .from_dir = from_dir, .flags = flags, .from = from,
	};

	return make_link(&m, to_dir, to, replace);
}

/* As cp finds it, which looks at everything first.  Says if it is not there. */
static bool source_is_there(const struct entry *e)
{
	struct stat st;

	if (e->st || entry_stat_src(e, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	complain_src(e, OP_LOOK, errno, "cannot stat %s");
	return false;
}

bool mklink_hard(struct context *c, const struct entry *e)
{
	const struct options *o = c->opts;
	bool replace = o->force || o->ask;

	if (!source_is_there(e))
		return false;
	int err = mklink_at(dir_src_fd(e->dir), e->src, dir_dst_fd(e->dir), e->dst,
			    options_follows(o, e->operand) ? AT_SYMLINK_FOLLOW : 0, &replace);

	if (err)
		complain_both(e, OP_LINK, err, true, "cannot create hard link %s to %s");
	return !err;
}

/* Is the directory of e's destination the working directory?  If in doubt, yes. */
static bool in_cwd(const struct entry *e)
{
	char *path = dir_dst_path(e->dir, e->dst), *parent = dir_name(path);
	struct stat dot, there;
	bool in = RETRY(stat(".", &dot)) < 0 || RETRY(stat(parent, &there)) < 0 ||
		  SAME_INODE(dot, there);

	free(path);
	free(parent);
	return in;
}

/* 0 or errno: give the symlink that was made of e the times of its source. */
static int set_times(const struct entry *e)
{
	const struct timespec times[] = { e->st->st_atim, e->st->st_mtim };
	int fd = byfd_open(dir_dst_fd(e->dir), e->dst, S_IFLNK, 0, NULL);
	int err = fd < 0 || byfd_utimens(fd, times) < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

bool mklink_symbolic(struct context *c, const struct entry *e)
{
	if (!source_is_there(e))
		return false;
	char *target = dir_src_path(e->dir, e->src);
	const struct maker m = { .make = make_symbolic, .from = target };
	int dir = dir_dst_fd(e->dir), err = 0;
	bool replace = c->opts->force;

	if (target[0] != '/' && !in_cwd(e)) {
		complain_dst_plain(e, "%s: can make relative symbolic links only "
					"in current directory");
		free(target);
		return false;
	}
	if ((err = make_link(&m, dir, e->dst, &replace))) {
		complain_both(e, OP_LINK, err, true, "cannot create symbolic link %s to %s");
	} else if (c->opts->attrs & COPYFILE_TIMES && e->st && (err = set_times(e))) {
		complain_dst(e, OP_ATTRIBUTES, err, "preserving times for %s");
	}
	free(target);
	return !err;
}
