/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a directory is made with no more rights for others than they will keep; the rest
 * is set when all below it is done (dirrefs.c).  Until then its owner, who fills it, has all
 * rights.  chmod(2) is called only where it changes something: some file systems refuse it.
 */
#include <config.h>

#include "walk/mkdir.h"

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
#include "same-inode.h"
#include "tree/byfd.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"

/* The mode for mkdir(2); what is to be added to it at the end is noted in d. */
static mode_t first_mode(const struct context *c, struct dir *d)
{
	const struct options *o = c->opts;
	mode_t want = o->default_mode ? 0777 : 0;
	mode_t later = o->attrs & COPYFILE_OWNER ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH;

	/* As with cp a directory of --parents has nothing but 0777 then, ... */
	if (!d->leads || !o->default_mode)
		want |= d->st.st_mode & 01777;
	/* ... and else the rights to write from the start, as a default ACL may need them. */
	if (d->leads && !(o->attrs & COPYFILE_OWNER))
		later = 0;
	/* As with cp a sticky bit is there from the start, whoever owns the copy. */
	if (o->attrs & COPYFILE_MODE)
		return S_IRWXU | (want & S_ISVTX);
	d->add_mode = want & (o->default_mode ? 0777 : later) & ~c->umask;
	return want & ~later;
}

/*
 * As mkdirat(2), for e; one that starts a tree, in what was there before, is noted.
 * Then *ret is what it has become, else zeros.
 */
static int make_noted(struct context *c, const struct entry *e, mode_t mode, struct stat *ret)
{
	int at = dir_dst_fd(e->dir);

	*ret = (struct stat){ .st_mode = 0 };
	if (e->dir->created)
		return RETRY(mkdirat(at, e->dst, mode));
	char *path = dir_dst_path(e->dir, e->dst);
	dirset_begin(&c->created_dirs);
	int r = RETRY(mkdirat(at, e->dst, mode)), err = errno;
	bool known = r == 0 && RETRY(fstatat(at, e->dst, ret, AT_SYMLINK_NOFOLLOW)) == 0;
	dirset_end(&c->created_dirs, known ? ret : NULL, path);
	free(path);
	errno = err;
	return r;
}

/*
 * Give the owner all rights until e's directory is done.  The source's mode, the umask or a
 * default ACL may have left some out; with a default ACL that holds for directories below,
 * too.  seen is the directory's stat, or zeros.  False: reported.
 */
static bool open_to_owner(const struct context *c, const struct entry *e, struct dir *d,
			  mode_t asked, const struct stat *seen)
{
	mode_t expected = asked & ~c->umask & S_IRWXU;
	struct stat st = *seen;

	if (!st.st_mode && !e->dir->lacks_owner_rights && expected == S_IRWXU)
		return true;
	if (st.st_mode && (st.st_mode & S_IRWXU) == S_IRWXU)
		return true;
	int fd = byfd_open(dir_dst_fd(e->dir), e->dst, S_IFDIR, 0, &st);
	if (fd >= 0 && seen->st_mode && !SAME_INODE(st, *seen)) {
		close(fd);
		fd = -1;
		errno = ESTALE;
	}
	if (fd < 0) {
		complain_dst(e, OP_LOOK, errno, "cannot stat %s");
		return false;
	}
	mode_t mode = st.st_mode & 07777;
	d->lacks_owner_rights |= expected & ~mode;
	if (!(c->opts->attrs & COPYFILE_MODE) && !c->opts->default_mode)
		d->drop_mode |= S_IRWXU & ~mode;
	bool ok = (mode & S_IRWXU) == S_IRWXU || byfd_chmod(fd, mode | S_IRWXU) == 0;
	if (!ok)
		complain_dst(e, OP_ATTRIBUTES, errno, "setting permissions for %s");
	close(fd);
	return ok;
}

bool mkdir_like(struct context *c, const struct entry *e, struct dir *d, const char *message)
{
	mode_t mode = first_mode(c, d);
	struct stat st;

	d->lacks_owner_rights = c->umask & S_IRWXU;
	if (make_noted(c, e, mode, &st) < 0) {
		complain_dst(e, OP_MKDIR, errno, message);
		return false;
	}
	/* In a directory that was there its name may be another one's before it is opened. */
	dir_expect_dst(d, &st);
	if (!open_to_owner(c, e, d, mode, &st))
		return false;
	d->created = true;
	return true;
}
