/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: each directory on the way is a pair like any other that is copied, its
 * child a part of it: so the attributes of all are set, from the inside out, when the
 * operand has been copied.  They are reached by their names, and symlinks on the way
 * are followed, as they would be if the path were opened.
 */
#include <config.h>

#include "walk/parents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libcopyfile.h>

#include "base/options.h"
#include "base/retry.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "copy/full.h"
#include "filenamecat.h"
#include "report/report.h"
#include "report/verbose.h"
#include "tree/dir.h"
#include "walk/mkdir.h"
#include "xalloc.h"

static bool make(struct context *c, const struct entry *e, struct dir *d)
{
	if (full_bars_dir(e) || !mkdir_like(c, e, d, "cannot make directory %s"))
		return false;
	if (c->opts->verbose) {
		char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);

		verbose_parent(src, dst);
		free(src);
		free(dst);
	}
	return true;
}

/* Is there a directory at e's destination, or has one been made?  Says if not. */
static bool be_there(struct context *c, const struct entry *e, struct dir *d)
{
	struct stat st;

	if (entry_stat_dst(e, &st, 0) < 0)
		return make(c, e, d);
	if (S_ISDIR(st.st_mode))
		return true;
	complain_dst(e, OP_CHECK, 0, "%s exists but is not a directory");
	return false;
}

/* The directory called src in up's source, dst in its destination, or NULL */
static struct dir *descend(struct context *c, struct dir *up, const char *src, const char *dst)
{
	struct stat st = { .st_mode = 0 };
	struct entry e = { .dir = up, .src = src, .dst = dst, .type = S_IFDIR, .st = &st };
	struct dir *d = NULL;

	if (!dir_pin(up))
		return NULL;
	int err = RETRY(fstatat(dir_src_fd(up), src, &st, 0)) < 0 ? errno :
		  S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
	if (err) {
		complain_src(&e, OP_LOOK, err, "failed to get attributes of %s");
	} else {
		d = dir_new(up, src, dst, &st);
		d->leads = d->follow_src = d->follow_dst = true;
		if (!be_there(c, &e, d)) {
			d->make_failed = true;
			dir_put(d);
			d = NULL;
		}
	}
	dir_unpin(up);
	return d;
}

/* How much of path, from name on, leads to the end of its next directory; 0: to none */
static size_t next_dir(const char *name)
{
	size_t lead = strspn(name, "/"), len = lead + strcspn(name + lead, "/");

	return name[len + strspn(name + len, "/")] ? len : 0;
}

/* What is there already, and is to stay as it is, is no more than a part of a name. */
static size_t skip_existing(const struct context *c, const char *target, const char *path)
{
	size_t done = 0, len;

	if (c->opts->attrs & (COPYFILE_OWNER | COPYFILE_MODE | COPYFILE_TIMES))
		return 0;
	while ((len = next_dir(path + done))) {
		char *part = ximemdup0(path, done + len);
		char *dst = file_name_concat(target, part + strspn(part, "/"), NULL);
		struct stat st;
		bool there = RETRY(stat(dst, &st)) == 0 && S_ISDIR(st.st_mode);

		free(part);
		free(dst);
		if (!there)
			break;
		done += len;
	}
	return done;
}

struct dir *parents_make(struct context *c, const char *target, const char *path,
			 const char **ret_name)
{
	struct dir *at = dir_get(&c->cwd);
	size_t done = skip_existing(c, target, path), len;

	while (at && (len = next_dir(path + done))) {
		/* The first is named from the working directory, the others in it. */
		const char *from = at == &c->cwd ? path : path + done + strspn(path + done, "/");
		char *src = ximemdup0(from, path + done + len - from);
		char *dst = at == &c->cwd ? file_name_concat(target, src + strspn(src, "/"), NULL)
					  : xstrdup(src);
		struct dir *below = descend(c, at, src, dst);

		dir_put(at);
		at = below;
		free(src);
		free(dst);
		done += len;
	}
	*ret_name = path + done + strspn(path + done, "/");
	return at;
}
