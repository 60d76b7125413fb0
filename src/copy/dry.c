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

#include "base/language.h"
#include "base/options.h"
#include "base/relaxed.h"
#include "base/retry.h"
#include "base/symlink.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "dirname.h"
#include "tree/dir.h"

int dry_change(const struct entry *e)
{
	/* The second would be open to its owner by then. */
	if (e->dir->absent || relaxed_get(e->dir->write_protected))
		return 0;
	char *parent = dir_name(e->dst);
	int r = RETRY(faccessat(dir_dst_fd(e->dir), parent, W_OK | X_OK, AT_EACCESS));
	int err = r < 0 ? errno : 0;
	free(parent);
	return err;
}

bool dry_can_change(const struct entry *e, enum report_op op, const char *message)
{
	int err = dry_change(e);

	if (err)
		complain_dst(e, op, err, message);
	return !err;
}

/* Returns true if st, what is at e's destination, could be opened for writing, or removed. */
static bool can_write_over(const struct context *c, const struct entry *e, const struct stat *st)
{
	const struct options *o = c->opts;
	bool replaced = options_compare(o) || (options_replace(o, e->type) && S_ISREG(st->st_mode));
	int err = S_ISDIR(st->st_mode) ? EISDIR : 0;

	if (!err && RETRY(faccessat(dir_dst_fd(e->dir), e->dst, W_OK, AT_EACCESS)) < 0)
		err = errno;
	if (!err && S_ISSOCK(st->st_mode))
		err = ENXIO;
	if (replaced)
		return dry_can_change(e, OP_CREATE, "cannot create regular file %s");
	if (err && err != EISDIR && o->force)
		return dry_can_change(e, OP_REMOVE, "cannot remove %s");
	if (err)
		complain_create(e, err);
	return !err;
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

/* Returns true if a name can be made for e, or else reports that; exists: it is taken. */
static bool can_name(const struct context *c, const struct entry *e, bool exists)
{
	const struct options *o = c->opts;
	bool replace = o->force || (S_ISLNK(e->type) && options_replace(o, e->type));
	const char *message = S_ISLNK(e->type) ? N_("cannot create symbolic link %s") :
			      S_ISFIFO(e->type) ? N_("cannot create fifo %s") :
			      S_ISREG(e->type) || o->contents ?
			      N_("cannot create regular file %s") :
			      N_("cannot create special file %s");

	if (!exists || replace)
		return dry_can_change(e, OP_CREATE, message);
	complain_dst(e, OP_CREATE, EEXIST, message);
	return false;
}

/* Returns true if a symlink that leads nowhere is in the way of e, whose contents are copied. */
static bool is_dangling(const struct context *c, const struct entry *e)
{
	const struct options *o = c->opts;

	return !e->dir->created && !options_replace(o, e->type) && !o->remove_first &&
	       o->backup == no_backups && !o->through_dangling && entry_dst_is_symlink(e);
}

bool dry_copy(const struct context *c, const struct entry *e, const struct stat *over,
	      struct copyfile_info *ret, enum outcome *ret_made)
{
	const struct options *o = c->opts;
	bool data = !S_ISLNK(e->type) && (S_ISREG(e->type) || o->contents), ok;

	*ret = (struct copyfile_info){ .stage = COPYFILE_DONE };
	if (data)
		ok = can_read(c, e, &ret->bytes_done);
	else if (S_ISLNK(e->type))
		ok = can_read_symlink(e);
	else
		ok = complain_unless_seen(e);
	if (ok && data && !over && is_dangling(c, e)) {
		complain_create(e, EEXIST);
		ok = false;
	} else if (ok) {
		ok = data && over ? can_write_over(c, e, over) : can_name(c, e, over);
	}
	if (!ok)
		ret->bytes_done = 0;
	*ret_made = data || S_ISLNK(e->type) ? OUTCOME_COPIED : OUTCOME_CREATED;
	return ok;
}
