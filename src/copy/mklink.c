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
#include "copy/dry.h"
#include "copy/entry.h"
#include "copy/newlink.h"
#include "dirname.h"
#include "same-inode.h"
#include "tree/byfd.h"
#include "tree/dir.h"
#include "tree/dirpath.h"

/* With --dry-run: returns 0 if a name could be made for e, or an errno value. */
static int try_name(const struct entry *e, bool is_taken)
{
	return is_taken ? EEXIST : dry_change(e);
}

bool mklink_hard(struct context *c, const struct entry *e, bool over)
{
	const struct options *o = c->opts;
	int flags = options_follows(o, e->operand) ? AT_SYMLINK_FOLLOW : 0;
	bool replace = o->force || o->ask;

	/* As cp, which looks at every source first */
	if (!complain_unless_seen(e))
		return false;
	int err = o->dry_run ? try_name(e, over && !replace) :
			       newlink_hard(dir_src_fd(e->dir), e->src, dir_dst_fd(e->dir), e->dst,
					    flags, &replace);

	if (err > 0)
		complain_both(e, OP_LINK, err, true, "cannot create hard link %s to %s");
	return err <= 0;
}

/* Returns true if e's destination is in the working directory, or that can't be told. */
static bool in_cwd(const struct entry *e)
{
	/* That would have been made. */
	if (e->dir->absent)
		return false;
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

bool mklink_symbolic(struct context *c, const struct entry *e, bool over)
{
	const struct options *o = c->opts;
	bool replace = o->force;

	if (!complain_unless_seen(e))
		return false;
	char *target = dir_src_path(e->dir, e->src);

	if (target[0] != '/' && !in_cwd(e)) {
		complain_dst_plain(e, "%s: can make relative symbolic links only "
					"in current directory");
		free(target);
		return false;
	}
	int err = o->dry_run ? try_name(e, over && !replace) :
			       newlink_symbolic(target, dir_dst_fd(e->dir), e->dst, &replace);
	if (err) {
		complain_both(e, OP_LINK, err, true, "cannot create symbolic link %s to %s");
	} else if (!o->dry_run && o->attrs & COPYFILE_TIMES && e->st && (err = set_times(e))) {
		complain_dst(e, OP_ATTRIBUTES, err, "preserving times for %s");
	}
	free(target);
	return !err;
}
