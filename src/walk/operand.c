/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: operands are copied as if one after the other, although copies of earlier ones may
 * still be under way.  So where an operand may depend on what an earlier one makes, all that
 * has been begun is awaited first:
 *
 *   a directory	if something was merged, for they may be merged into the same; if it
 *			overwrites the destination of an operand; or if it is within what
 *			this run has made
 *   a file		the same; or if it is in the target directory; or if it may be a
 *			further name of a file that is being copied
 *   what cannot be	always: an earlier operand may become that, or give the right to
 *   looked at		look at it
 *   any		if an earlier one has the target directory in its source: what it
 *			reads may be what this one overwrites
 */
#include <config.h>

#include "walk/operand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/language.h"
#include "base/names.h"
#include "base/options.h"
#include "base/retry.h"
#include "base/stop.h"
#include "base/upwards.h"
#include "copy/account.h"
#include "copy/again.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/copy.h"
#include "copy/durable.h"
#include "copy/entry.h"
#include "copy/outcome.h"
#include "copy/targets.h"
#include "dirname.h"
#include "hash.h"
#include "journal/journal.h"
#include "report/quote.h"
#include "report/report.h"
#include "same-inode.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"
#include "walk/select.h"
#include "walk/walk.h"
#include "xvasprintf.h"

static bool add_above_target(void *arg, const struct stat *st)
{
	struct operands *all = arg;

	dirset_add(&all->above_target, st, "", 0);
	return false;
}

void operands_init_single(struct operands *all, struct context *c)
{
	*all = (struct operands){ .c = c };
}

bool operands_init_several(struct operands *all, struct context *c)
{
	operands_init_single(all, c);
	if (RETRY(fstat(dir_dst_fd(&c->target), &all->target)) < 0)
		return false;
	all->names = names_new();
	c->targets = names_new();
	dirset_init(&all->above_target);
	return true;
}

void operands_fini(struct operands *all)
{
	if (!all->names)
		return;
	dirset_fini(&all->above_target);
	hash_free(all->names);
}

/* ----------------------------------------------------------- directories */

static bool is_created(void *arg, const struct stat *st)
{
	struct context *c = arg;

	return dirset_find(&c->created_dirs, st);
}

/* Returns true if the copy of e, a directory, may depend on what an earlier operand makes. */
static bool dir_depends_on_earlier(const struct operands *all, const struct entry *e)
{
	struct context *c = all->c;

	return targets_have(c, e) || all->merged || all->reads_target ||
	       (dirset_any(&c->created_dirs) &&
		upwards_find(dir_src_fd(e->dir), e->src, is_created, c));
}

/* Returns true if e, a directory, is that which all are copied into, or has it in it. */
static bool has_target(struct operands *all, const struct entry *e)
{
	if (!all->names)
		return false;
	if (!dirset_any(&all->above_target))
		(void)upwards_find(dir_dst_fd(&all->c->target), ".", add_above_target, all);
	return dirset_find(&all->above_target, e->st);
}

static void copy_dir_operand(struct operands *all, const struct entry *e)
{
	struct context *c = all->c;
	struct stat there;

	all->merged |= entry_stat_dst(e, &there, AT_SYMLINK_NOFOLLOW) == 0;
	if (dir_depends_on_earlier(all, e))
		context_drain(c);
	all->reads_target = all->reads_target || has_target(all, e);
	if (walk_tree(c, e)) {
		char *dst = dir_dst_path(e->dir, e->dst);

		dirset_add(&c->operand_dirs, e->st, dst, c->operand);
		free(dst);
	}
}

/* ----------------------------------------------------------------- files */

/*
 * Returns the name of e, a file, that tells it from all others, however operands are
 * written: its directory's inode, and the last component.  *ret_parent is that directory.
 * The caller frees the name; NULL if the directory cannot be seen.
 */
static char *name_by_inode(const struct entry *e, struct stat *ret_parent)
{
	char *parent = dir_name(e->src), *name = NULL;

	if (RETRY(fstatat(dir_src_fd(e->dir), parent, ret_parent, 0)) == 0)
		name = xasprintf("%ju:%ju/%s", (uintmax_t)ret_parent->st_dev,
				 (uintmax_t)ret_parent->st_ino, last_component(e->src));
	free(parent);
	return name;
}

/*
 * Returns true if the copy of e, a file in the directory parent, may depend on what an
 * earlier operand makes.
 */
static bool file_depends_on_earlier(const struct operands *all, const struct entry *e,
				    const struct stat *parent)
{
	struct context *c = all->c;

	/* An earlier operand may be a name of the same inode, to which e becomes a link. */
	if (c->opts->keep_links && (e->st->st_nlink > 1 || options_follows(c->opts, true)))
		return true;
	return all->merged || all->reads_target || SAME_INODE(all->target, *parent) ||
	       targets_have(c, e) || dirset_find(&c->created_dirs, parent);
}

static void skip_repeated(const struct entry *e)
{
	char *src = dir_src_path(e->dir, e->src);

	report_warning(&(struct report_about){ .op = OP_CHECK, .src = src }, 0,
		       N_("warning: source file %s specified more than once"),
		       quote_always(0, src));
	free(src);
	outcome(e, OUTCOME_SKIPPED, NULL);
}

static void copy_file_operand(struct operands *all, const struct entry *e)
{
	struct context *c = all->c;
	struct stat parent;
	char *name = all->names ? name_by_inode(e, &parent) : NULL;
	/* In another attempt it is its own name that is there. */
	bool repeated = name && !names_add(all->names, name) && !e->again;

	/* With backups each copy of a repeated source keeps the one before. */
	if (repeated && c->opts->backup == no_backups) {
		skip_repeated(e);
	} else {
		if (name && file_depends_on_earlier(all, e, &parent))
			context_drain(c);
		sweep_for_operand(c->opts, &all->sweep, e);
		copy_entry(c, e);
	}
	free(name);
}

/* ----------------------------------------------------------- either kind */

/*
 * As fstatat(2), of e's source.  If it cannot be seen, an earlier operand may become that, or
 * let it be seen.
 */
static int stat_operand(struct context *c, const struct entry *e, struct stat *ret)
{
	int flags = options_follows(c->opts, true) ? 0 : AT_SYMLINK_NOFOLLOW;
	int r = entry_stat_src(e, ret, flags);

	if (r < 0) {
		context_drain(c);
		r = entry_stat_src(e, ret, flags);
	}
	return r;
}

/* Report that e is not copied; err is an errno value, or 0. */
static void fail_operand(struct entry *e, enum report_op op, int err, const char *message)
{
	outcome_number(e);
	e->unseen = op == OP_LOOK && !names_gone(err);
	complain_src(e, op, err, message);
	outcome(e, OUTCOME_FAILED, NULL);
}

/* Copy e, of which e->st is known. */
static void copy_known_operand(struct operands *all, struct entry *e)
{
	enum select_answer answer = select_entry(all->c->opts, e);

	if (answer == SELECT_EXCLUDE) {
		account_excluded(e);
		return;
	}
	if (answer == SELECT_OMIT)
		fail_operand(e, OP_CHECK, 0, "-r not specified; omitting directory %s");
	else if (S_ISDIR(e->type))
		copy_dir_operand(all, e);
	else
		copy_file_operand(all, e);
}

/* The run stops before e, of which nothing is known yet, has been tried. */
static void leave_out(const struct context *c, struct entry *e)
{
	int flags = options_follows(c->opts, true) ? 0 : AT_SYMLINK_NOFOLLOW;
	struct stat st;

	if (dir_pin(e->dir)) {
		if (entry_stat_src(e, &st, flags) == 0)
			e->type = st.st_mode & S_IFMT;
		dir_unpin(e->dir);
	}
	outcome_left_out(e);
}

/* Copy wanted, as operand_copy(). */
static void copy_operand(struct operands *all, const struct entry *wanted)
{
	struct context *c = all->c;
	struct entry e = *wanted;
	struct attempt attempt;
	struct stat st;

	c->operand++;
	again_attempt(&e, &attempt);
	context_pass(c);
	if (stop_asked()) {
		leave_out(c, &e);
		return;
	}
	if (!dir_pin(e.dir)) {
		outcome(&e, OUTCOME_FAILED, NULL);
		return;
	}
	durable_note_parent(&e);
	if (stat_operand(c, &e, &st) < 0) {
		fail_operand(&e, OP_LOOK, errno, "cannot stat %s");
	} else {
		e.st = &st;
		e.type = st.st_mode & S_IFMT;
		copy_known_operand(all, &e);
	}
	dir_unpin(e.dir);
}

void operand_copy(struct operands *all, struct dir *dir, const char *src, const char *dst)
{
	if (dir->ledger && journal_meet(dir->ledger, src)) {
		all->c->operand++;
		return;
	}
	copy_operand(all, &(struct entry){
		.dir = dir, .src = src, .dst = dst, .operand = true,
	});
}

void operand_again(struct operands *all, const struct entry *wanted)
{
	struct entry e = *wanted;

	/* If it could not even be looked at, nothing has been made or noted of it. */
	e.again = e.type;
	copy_operand(all, &e);
}

void operand_failed(struct operands *all, const char *src, const char *dst)
{
	struct entry e = { .dir = &all->c->cwd, .src = src, .dst = dst, .operand = true };

	outcome_number(&e);
	outcome(&e, OUTCOME_FAILED, NULL);
}

void operand_left_out(struct operands *all, const char *src)
{
	struct entry e = { .dir = &all->c->cwd, .src = src, .dst = src, .operand = true };

	leave_out(all->c, &e);
}
