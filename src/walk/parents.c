/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: each directory that leads to the operand is a pair like any other, and the next
 * one is below it.  So their attributes are set, from the inside out, when the operand has
 * been copied.  They are opened by their names, one after the other, and symlinks among them
 * are followed, as open(2) follows them in a path; with --beneath not in the destination.
 *
 * A directory that is there may stay as it is.  Then it does not matter whether its source can
 * be looked at; if it cannot, the next name is one of several components.
 */
#include <config.h>

#include "walk/parents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libcopyfile.h>

#include "base/language.h"
#include "base/names.h"
#include "base/options.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/durable.h"
#include "copy/entry.h"
#include "copy/full.h"
#include "report/verbose.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"
#include "tree/dirresult.h"
#include "tree/dirrefs.h"
#include "walk/makedir.h"
#include "xalloc.h"

/* Make the destination d of e.  Returns as parents_open(). */
static bool make(struct context *c, const struct entry *e, struct dir *d, bool *ret_left_out)
{
	*ret_left_out = full_bars_dir(e);
	if (*ret_left_out || !makedir_create(c, e, d, N_("cannot make directory %s")))
		return false;
	if (c->opts->verbose) {
		char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);

		verbose_parent(src, dst);
		free(src);
		free(dst);
	}
	return true;
}

/* Find the directory d at e's destination, or make it there.  Returns as parents_open(). */
static bool find_or_make(struct context *c, const struct entry *e, struct dir *d,
			 const struct stat *there, bool *ret_left_out)
{
	if (!there->st_mode)
		return make(c, e, d, ret_left_out);
	if (S_ISDIR(there->st_mode)) {
		dir_expect_dst(d, there);
		if (!d->stays)
			makedir_open_existing(c, e, d, there);
		return true;
	}
	complain_dst(e, OP_CHECK, 0, "%s exists but is not a directory");
	return false;
}

/* The next step on the way to an operand */
struct step {
	const char *src, *dst;		/* names in the directory above */
	bool may_stay;			/* a destination that is there stays as it is */
	bool skipped;			/* it is there, and its source cannot be looked at */
};

/* Returns as open_pair(), for up that is pinned. */
static struct dir *open_pinned(struct context *c, struct dir *up, struct step *step,
			       bool *ret_left_out)
{
	struct stat st = { .st_mode = 0 }, there = { .st_mode = 0 };
	struct entry e = {
		.dir = up, .src = step->src, .dst = step->dst, .type = S_IFDIR, .st = &st,
	};

	if (c->opts->beneath && !strcmp(step->dst, "..")) {
		complain_dst(&e, OP_CHECK, 0, "%s is not below the target directory");
		return NULL;
	}
	durable_note_parent(&e);
	if (entry_stat_dst(&e, &there, c->opts->beneath ? AT_SYMLINK_NOFOLLOW : 0) < 0) {
		there.st_mode = 0;
		if (!names_lead_nowhere(errno)) {
			complain_dst(&e, OP_LOOK, errno, "cannot stat %s");
			return NULL;
		}
	}
	bool stays = step->may_stay && S_ISDIR(there.st_mode);
	int err = entry_stat_src(&e, &st, 0) < 0 ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
	step->skipped = err && stays;
	if (err && !stays) {
		dir_mark_unfinished(up);
		complain_src(&e, OP_LOOK, err, "failed to get attributes of %s");
	}
	if (err)
		return NULL;
	struct dir *d = dir_new(up, step->src, step->dst, &st);
	d->leads = d->follow[DIR_SRC] = true;
	d->follow[DIR_DST] = !c->opts->beneath;
	d->stays = stays;
	if (find_or_make(c, &e, d, &there, ret_left_out))
		return d;
	d->make_failed = true;
	dir_put(d);
	return NULL;
}

/*
 * Returns the directory that step leads to from up; or NULL: then step->skipped or
 * *ret_left_out is set, or a failure has been reported.
 */
static struct dir *open_pair(struct context *c, struct dir *up, struct step *step,
			     bool *ret_left_out)
{
	if (!dir_pin(up))
		return NULL;
	struct dir *d = open_pinned(c, up, step, ret_left_out);
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

/* Returns true if directories that are there keep their attributes. */
static bool existing_stay(const struct context *c, bool missing)
{
	return !missing || !(c->opts->attrs & (COPYFILE_OWNER | COPYFILE_MODE | COPYFILE_TIMES));
}

bool parents_open(struct context *c, const char *path, bool missing, struct parents *ret)
{
	struct dir *at = dir_get(&c->target);
	size_t done = 0, named = 0, len;

	*ret = (struct parents){ .dir = NULL };
	while (at && (len = next_dir_len(path + done))) {
		const char *dst = path + named + strspn(path + named, "/");
		/* The first is named from the working directory, the others in it. */
		const char *src = at == &c->target ? path : dst;
		struct step step = { .may_stay = existing_stay(c, missing) };
		char *src_name, *dst_name;

		done += len;
		step.src = src_name = ximemdup0(src, path + done - src);
		step.dst = dst_name = ximemdup0(dst, path + done - dst);
		/* That is what all are copied into, and not made of the source. */
		step.may_stay |= c->opts->files_from && !strcmp(dst_name, ".");
		struct dir *below = open_pair(c, at, &step, &ret->left_out);
		free(src_name);
		free(dst_name);
		if (step.skipped)
			continue;
		dir_put(at);
		at = below;
		named = done;
	}
	ret->dir = at;
	ret->name = path + named + strspn(path + named, "/");
	return at;
}
