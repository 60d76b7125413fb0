/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: before a directory is made it is asked whether the walk has come to what it
 * makes itself, to a directory that it is in already, by way of symlinks, or to an earlier
 * operand.
 */
#include <config.h>

#include "enter.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "complain.h"
#include "copy.h"
#include "existing.h"
#include "mkdir.h"
#include "names.h"
#include "options.h"
#include "outcome.h"
#include "report.h"
#include "run.h"
#include "same-inode.h"

/* The walk has come to what it makes, at made: e is left out. */
static void report_itself(struct copy *c, struct walk_root *root, const struct entry *e,
			  const char *made)
{
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	const struct report_about about = { .op = OP_CHECK, .src = src, .dst = dst, .id = e->id };
	bool first = !atomic_exchange(&root->met_itself, true);

	/* As cp sees it: what a symlinked directory is given is in it, not beside. */
	if (!names_same(AT_FDCWD, src, AT_FDCWD, made, AT_SYMLINK_NOFOLLOW) &&
	    !(c->into_dir && !strcmp(made, root->dst)))
		report_error_about(&about, 0, "will not create hard link %s to directory %s",
				   report_quote(0, dst), report_quote(1, made));
	else if (first)
		report_error_about(&about, 0, "cannot copy a directory, %s, into itself, %s",
				   report_quote(0, root->src), report_quote(1, root->dst));
	free(src);
	free(dst);
}

/* Symlinks may lead to a directory again and again, but not into itself. */
static bool is_above(const struct dir *d, const struct stat *st)
{
	for (; d->parent; d = d->parent)
		if (SAME_INODE(d->st, *st))
			return true;
	return false;
}

/*
 * An earlier operand was this directory, and became what is at earlier: is it all
 * right to copy it once more, as e?  Says if not; then *ret is what becomes of e.
 */
static bool may_repeat(const struct copy *c, const struct walk_root *root, const struct entry *e,
		       const char *earlier, enum outcome *ret)
{
	char *dst = dir_dst_path(e->dir, e->dst);
	const struct report_about about = {
		.op = OP_CHECK, .src = root->src, .dst = dst, .id = e->id,
	};
	bool may = options_follows(c->opts, e->operand);

	if (names_same(AT_FDCWD, earlier, AT_FDCWD, dst, AT_SYMLINK_NOFOLLOW)) {
		may = false;
		*ret = OUTCOME_SKIPPED;
		report_warning(&about, "warning: source directory %s specified more than once",
			       report_quote(0, root->src));
	} else if (!may)
		report_error_about(&about, 0, "will not create hard link %s to directory %s",
				   report_quote(0, dst), report_quote(1, earlier));
	free(dst);
	return may;
}

/* May e be copied, as far as its inode tells?  Says if not; *ret as for may_repeat(). */
static bool may_enter(struct copy *c, struct walk_root *root, const struct entry *e,
		      enum outcome *ret)
{
	const char *made = made_find(&c->made, e->st);

	if (made) {
		report_itself(c, root, e, made);
		return false;
	}
	if (c->opts->follow == FOLLOW_ALWAYS && is_above(e->dir, e->st)) {
		complain_src(e, OP_CHECK, 0, "cannot copy cyclic symbolic link %s");
		return false;
	}
	const char *earlier = made_find_before(&c->seen, e->st, root->number);
	return !earlier || may_repeat(c, root, e, earlier, ret);
}

/* As enter_dir(); *ret is what has become of e. */
static struct dir *bring_about(struct copy *c, struct walk_root *root, const struct entry *e, enum outcome *ret)
{
	enum existing_verdict found = EXISTING_NONE;
	struct run_timer timer;
	struct existing there;

	run_dir_begins(c, &timer);
	if (!e->dir->fresh)
		found = existing_look(c, e, &there);
	*ret = found == EXISTING_KEPT ? OUTCOME_SKIPPED : OUTCOME_FAILED;
	if ((found != EXISTING_NONE && found != EXISTING_OVER) || !may_enter(c, root, e, ret))
		return NULL;
	struct dir *d = dir_new(e->dir, e->src, e->dst, e->st);
	d->follow_src = options_follows(c->opts, e->operand);
	d->follow_dst = c->opts->keep_dir_symlink;
	if (found == EXISTING_NONE && !mkdir_like(c, e, d, "cannot create directory %s")) {
		d->created_failed = true;
		dir_put(d);
		return NULL;
	}
	if (d->fresh)
		copy_announce(c, e, NULL);
	run_dir_made(c, &timer);
	*ret = d->fresh ? OUTCOME_CREATED : OUTCOME_MERGED;
	return d;
}

struct dir *enter_dir(struct copy *c, struct walk_root *root, const struct entry *wanted)
{
	struct entry e = *wanted;
	enum outcome made;

	copy_number(&e);
	struct dir *d = bring_about(c, root, &e, &made);
	outcome(&e, made, NULL);
	return d;
}
