/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: newlink.c makes the links.  A symlink holds the source's name as it was given,
 * so one that is relative has a meaning only in the working directory.
 */
#include <config.h>

#include "copy/mklink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/options.h"
#include "base/retry.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "copy/newlink.h"
#include "dirname.h"
#include "same-inode.h"
#include "tree/byfd.h"
#include "tree/dir.h"
#include "tree/dirpath.h"

/* cp looks at every source first.  Returns true if e's is there, or else reports that. */
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
	int err = newlink_hard(dir_src_fd(e->dir), e->src, dir_dst_fd(e->dir), e->dst,
			    options_follows(o, e->operand) ? AT_SYMLINK_FOLLOW : 0, &replace);

	if (err > 0)
		complain_both(e, OP_LINK, err, true, "cannot create hard link %s to %s");
	return err <= 0;
}

/* Returns true if e's destination is in the working directory, or that can't be told. */
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

/* Give the symlink that was made of e its source's times.  Returns 0 or an errno value. */
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
	int dir = dir_dst_fd(e->dir), err = 0;
	bool replace = c->opts->force;

	if (target[0] != '/' && !in_cwd(e)) {
		complain_dst_plain(e, "%s: can make relative symbolic links only "
					"in current directory");
		free(target);
		return false;
	}
	if ((err = newlink_symbolic(target, dir, e->dst, &replace))) {
		complain_both(e, OP_LINK, err, true, "cannot create symbolic link %s to %s");
	} else if (c->opts->attrs & COPYFILE_TIMES && e->st && (err = set_times(e))) {
		complain_dst(e, OP_ATTRIBUTES, err, "preserving times for %s");
	}
	free(target);
	return !err;
}
