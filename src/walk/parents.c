/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: each directory that leads to the operand is a pair like any other, and the next
 * one is below it.  So their attributes are set, from the inside out, when the operand has
 * been copied.  They are opened by their names, and symlinks among them are followed, as
 * open(2) follows them in a path.
 */
#include <config.h>

#include "walk/parents.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libcopyfile.h>

#include "base/options.h"
#include "base/retry.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/durable.h"
#include "copy/entry.h"
#include "copy/full.h"
#include "filenamecat.h"
#include "report/verbose.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"
#include "tree/dirresult.h"
#include "tree/dirrefs.h"
#include "walk/makedir.h"
#include "xalloc.h"

/* Make the destination d of e.  Returns as parents_make(). */
static bool make(struct context *c, const struct entry *e, struct dir *d, bool *ret_left_out)
{
	*ret_left_out = full_bars_dir(e);
	if (*ret_left_out || !makedir_create(c, e, d, "cannot make directory %s"))
		return false;
	if (c->opts->verbose) {
		char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);

		verbose_parent(src, dst);
		free(src);
		free(dst);
	}
	return true;
}

/* Find the directory d at e's destination, or make it there.  Returns as parents_make(). */
static bool find_or_make(struct context *c, const struct entry *e, struct dir *d,
			 bool *ret_left_out)
{
	struct stat st;

	if (entry_stat_dst(e, &st, 0) < 0)
		return make(c, e, d, ret_left_out);
	if (S_ISDIR(st.st_mode))
		return true;
	complain_dst(e, OP_CHECK, 0, "%s exists but is not a directory");
	return false;
}

/*
 * Returns the directory that is called src in the source of up, and dst in the destination;
 * or NULL: then *ret_left_out is set, or a failure has been reported.
 */
static struct dir *open_pair(struct context *c, struct dir *up, const char *src, const char *dst,
			     bool *ret_left_out)
{
	struct stat st = { .st_mode = 0 };
	struct entry e = { .dir = up, .src = src, .dst = dst, .type = S_IFDIR, .st = &st };
	struct dir *d = NULL;

	if (!dir_pin(up))
		return NULL;
	durable_note_parent(&e);
	int err = RETRY(fstatat(dir_src_fd(up), src, &st, 0)) < 0 ? errno :
		  S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
	if (err) {
		dir_mark_unclean(up);
		complain_src(&e, OP_LOOK, err, "failed to get attributes of %s");
	} else {
		d = dir_new(up, src, dst, &st);
		d->leads = d->follow[DIR_SRC] = d->follow[DIR_DST] = true;
		if (!find_or_make(c, &e, d, ret_left_out)) {
			d->make_failed = true;
			dir_put(d);
			d = NULL;
		}
	}
	dir_unpin(up);
	return d;
}

/*
 * Returns the length of the next directory in the path that begins at name, with the slashes
 * before it; or 0 if only the last component is left.
 */
static size_t next_dir_len(const char *name)
{
	size_t lead = strspn(name, "/"), len = lead + strcspn(name + lead, "/");

	return name[len + strspn(name + len, "/")] ? len : 0;
}

/*
 * Returns how many bytes of path lead to directories that exist below target and stay as
 * they are: no pair is needed for those.
 */
static size_t skip_existing(const struct context *c, const char *target, const char *path)
{
	size_t done = 0, len;

	if (c->opts->attrs & (COPYFILE_OWNER | COPYFILE_MODE | COPYFILE_TIMES))
		return 0;
	while ((len = next_dir_len(path + done))) {
		char *part = ximemdup0(path, done + len);
		char *dst = file_name_concat(target, part + strspn(part, "/"), NULL);
		struct stat st;
		bool exists = RETRY(stat(dst, &st)) == 0 && S_ISDIR(st.st_mode);

		free(part);
		free(dst);
		if (!exists)
			break;
		done += len;
	}
	return done;
}

bool parents_make(struct context *c, const char *target, const char *path, struct parents *ret)
{
	struct dir *at = dir_get(&c->cwd);
	size_t done = skip_existing(c, target, path), len;

	*ret = (struct parents){ .dir = NULL };
	while (at && (len = next_dir_len(path + done))) {
		/* The first is named from the working directory, the others in it. */
		const char *from = at == &c->cwd ? path : path + done + strspn(path + done, "/");
		char *src = ximemdup0(from, path + done + len - from);
		char *dst = at == &c->cwd ? file_name_concat(target, src + strspn(src, "/"), NULL)
					  : xstrdup(src);
		struct dir *below = open_pair(c, at, src, dst, &ret->left_out);

		dir_put(at);
		at = below;
		free(src);
		free(dst);
		done += len;
	}
	ret->dir = at;
	ret->name = path + done + strspn(path + done, "/");
	return at;
}
