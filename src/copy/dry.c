/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a dry run takes every decision that a run takes, by the same code, up to the calls
 * that change something.  Those are left out where they are made: a directory is not made but
 * absent (struct dir), a name is not removed, and here no copy is started.
 *
 * What would fail for want of rights is found: sources are opened, and closed again, and
 * destinations asked for.  What only shows when it is done (a full disk, lost attributes), and
 * what depends on what the run itself makes (a copy that is met as a source) is not.
 */
#include <config.h>

#include "copy/dry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/options.h"
#include "base/retry.h"
#include "base/symlink.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "dirname.h"
#include "tree/dir.h"

bool dry_can_make(const struct entry *e, const char *message)
{
	if (e->dir->absent)
		return true;
	char *parent = dir_name(e->dst);
	int r = RETRY(faccessat(dir_dst_fd(e->dir), parent, W_OK | X_OK, AT_EACCESS));
	free(parent);
	if (r < 0)
		complain_dst(e, OP_CREATE, errno, message);
	return r == 0;
}

/* Returns true if what is at e's destination could be opened for writing, or removed. */
static bool can_write_over(const struct context *c, const struct entry *e)
{
	if (c->opts->force || RETRY(faccessat(dir_dst_fd(e->dir), e->dst, W_OK, AT_EACCESS)) == 0)
		return true;
	complain_create(e, errno);
	return false;
}

/* Returns true if the contents of e can be read, and sets *ret_size; else that is reported. */
static bool can_read(const struct context *c, const struct entry *e, uint64_t *ret_size)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct stat st;

	flags |= options_follows(c->opts, e->operand) ? 0 : O_NOFOLLOW;
	int fd = RETRY(openat(dir_src_fd(e->dir), e->src, flags));
	bool ok = fd >= 0 && RETRY(fstat(fd, &st)) == 0;
	if (!ok)
		complain_open_src(e, errno);
	else if (S_ISREG(st.st_mode))
		*ret_size = st.st_size;
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool can_read_symlink(const struct entry *e)
{
	char *target = symlink_read(dir_src_fd(e->dir), e->src);

	if (!target)
		complain_open_src(e, errno);
	free(target);
	return target;
}

static bool can_see(const struct entry *e)
{
	struct stat st;

	if (e->st || entry_stat_src(e, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	complain_src(e, OP_LOOK, errno, "cannot stat %s");
	return false;
}

enum outcome dry_copy(const struct context *c, const struct entry *e, bool over,
		      struct copyfile_info *ret)
{
	const struct options *o = c->opts;
	const char *message = "cannot create regular file %s";
	enum outcome made = OUTCOME_COPIED;
	bool ok;

	*ret = (struct copyfile_info){ .stage = COPYFILE_DONE };
	if (o->symlink || o->hard_link) {
		made = OUTCOME_LINKED;
		message = "cannot create link %s";
		ok = can_see(e);
	} else if (S_ISREG(e->type) || (o->contents && !S_ISLNK(e->type))) {
		ok = can_read(c, e, &ret->bytes_done);
	} else if (S_ISLNK(e->type)) {
		message = "cannot create symbolic link %s";
		ok = can_read_symlink(e);
	} else {
		made = OUTCOME_CREATED;
		message = "cannot create special file %s";
		ok = can_see(e);
	}
	if (ok && over && !S_ISLNK(e->type))
		ok = can_write_over(c, e);
	else if (ok)
		ok = dry_can_make(e, message);
	if (o->attributes_only)
		ret->bytes_done = 0;
	return ok ? made : OUTCOME_FAILED;
}
