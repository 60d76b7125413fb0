/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a directory is made with all rights for its owner, who is to fill it, and
 * with no more for others than they will keep; the rest is set when all below it is
 * done (dir.c).
 */
#include <config.h>

#include "mkdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include <libcopyfile.h>

#include "complain.h"
#include "copy.h"
#include "options.h"

/*
 * What mkdir(2) is to be asked for, and in d what is then left to do at the
 * end: the owner needs all rights meanwhile, and nobody else may write.
 */
static mode_t first_mode(const struct copy *c, struct dir *d)
{
	const struct options *o = c->opts;
	mode_t want = (o->default_mode ? 0777 : 0) | (d->st.st_mode & 01777);
	mode_t later = o->attrs & COPYFILE_OWNER ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH;

	/* As with cp a sticky bit is there from the start, whoever owns the copy. */
	if (o->attrs & COPYFILE_MODE)
		return S_IRWXU | (want & S_ISVTX);
	d->drop_mode = S_IRWXU & ~(want & ~c->umask);
	d->add_mode = want & (o->default_mode ? 0777 : later) & ~c->umask;
	return (want | S_IRWXU) & ~later;
}

/*
 * As mkdirat(2), for e; one that starts a tree, in what was there before, is noted.
 * Then *ret is what it has become, else zeros.
 */
static int make_noted(struct copy *c, const struct entry *e, mode_t mode, struct stat *ret)
{
	int at = dir_dst_fd(e->dir);

	*ret = (struct stat){ .st_mode = 0 };
	if (e->dir->fresh)
		return mkdirat(at, e->dst, mode);
	char *path = dir_dst_path(e->dir, e->dst);
	made_begin(&c->made);
	int r = mkdirat(at, e->dst, mode), err = errno;
	bool known = r == 0 && fstatat(at, e->dst, ret, AT_SYMLINK_NOFOLLOW) == 0;
	made_end(&c->made, known ? ret : NULL, path);
	free(path);
	errno = err;
	return r;
}

/*
 * A umask, or a default ACL, may have taken the owner's own rights, which are needed
 * meanwhile.  What inherits from such a directory has to be looked at, too.
 */
static bool open_to_owner(const struct copy *c, const struct entry *e, struct dir *d,
			  struct stat *st)
{
	int at = dir_dst_fd(e->dir);

	if (!st->st_mode && !e->dir->closes)
		return true;
	if (!st->st_mode && fstatat(at, e->dst, st, AT_SYMLINK_NOFOLLOW) < 0) {
		complain_dst(e, OP_LOOK, errno, "cannot stat %s");
		return false;
	}
	mode_t mode = st->st_mode & 07777;
	if ((mode & S_IRWXU) == S_IRWXU)
		return true;
	d->closes = true;
	if (!(c->opts->attrs & COPYFILE_MODE) && !c->opts->default_mode)
		d->drop_mode |= S_IRWXU & ~mode;
	if (fchmodat(at, e->dst, mode | S_IRWXU, 0) == 0)
		return true;
	complain_dst(e, OP_ATTRIBUTES, errno, "setting permissions for %s");
	return false;
}

bool mkdir_like(struct copy *c, const struct entry *e, struct dir *d, const char *message)
{
	mode_t mode = first_mode(c, d);
	struct stat st;

	d->closes = c->umask & S_IRWXU;
	if (make_noted(c, e, mode, &st) < 0) {
		complain_dst(e, OP_MKDIR, errno, message);
		return false;
	}
	if (!open_to_owner(c, e, d, &st))
		return false;
	d->fresh = true;
	return true;
}
