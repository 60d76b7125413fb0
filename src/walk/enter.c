/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a directory of the source is opened first, and then fstat(2) tells what it is.
 * Opening it may mount something there (autofs, an NFS export below another), which changes
 * what stat(2) sees; but a descriptor keeps leading to the same directory.
 *
 * Before its destination is made this module checks that the file system is not full, that
 * the directory is not one that this run has made, that it is not one which the walker is in
 * already (symlinks or mounts may lead upwards), and that it was not an earlier operand.
 */
#include <config.h>

#include "walk/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/language.h"
#include "base/names.h"
#include "base/options.h"
#include "base/retry.h"
#include "base/stop.h"
#include "copy/account.h"
#include "copy/again.h"
#include "copy/announce.h"
#include "copy/backup.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/copy.h"
#include "copy/entry.h"
#include "copy/existing.h"
#include "copy/full.h"
#include "copy/outcome.h"
#include "dirname.h"
#include "journal/identity.h"
#include "journal/journal.h"
#include "journal/record.h"
#include "report/message.h"
#include "report/quote.h"
#include "report/report.h"
#include "same-inode.h"
#include "timespec.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirlist.h"
#include "tree/dirpath.h"
#include "tree/dirresult.h"
#include "tree/dirrefs.h"
#include "walk/makedir.h"
#include "walk/select.h"
#include "xalloc.h"
#include "xvasprintf.h"

/*
 * Names are compared as cp does it: one that leads through another symlink is another name.
 * But the target directory of all operands is one directory, even if a symlink was given for
 * it.  So dst, the name of an operand's copy, becomes a name in "TARGET/.".  The caller frees
 * it.
 */
static char *name_of_copy(const struct context *c, const char *dst)
{
	const char *base = last_component(dst);

	return c->into_dir && base > dst ? xasprintf("%.*s./%s", (int)(base - dst), dst, base) :
					   xstrdup(dst);
}

/* Returns true if src is the same name as made, which is where this run has made a directory. */
static bool is_created_name(const struct context *c, const struct walk_root *root,
			    const char *src, const char *made)
{
	char *name = strcmp(made, root->dst) ? xstrdup(made) : name_of_copy(c, made);
	bool same = names_same(AT_FDCWD, src, AT_FDCWD, name, AT_SYMLINK_NOFOLLOW) == 1;

	free(name);
	return same;
}

/* Report that e is left out, as this run has made it, at made. */
static void report_created(struct context *c, struct walk_root *root, const struct entry *e,
			   const char *made)
{
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	const struct report_about about = { .op = OP_CHECK, .src = src, .dst = dst, .id = e->id };
	bool first = !atomic_exchange(&root->met_itself, true);

	if (!is_created_name(c, root, src, made))
		report_error_about(&about, 0, "will not create hard link %s to directory %s",
				   quote_always(0, dst), quote_always(1, made));
	else if (first)
		report_error_about(&about, 0, "cannot copy a directory, %s, into itself, %s",
				   quote_always(0, root->src), quote_always(1, root->dst));
	free(src);
	free(dst);
}

/* Returns the directory that e is below and has the inode of; or NULL. */
static const struct dir *find_above(const struct entry *e)
{
	for (const struct dir *d = e->dir; d->parent && !d->leads; d = d->parent)
		if (SAME_INODE(d->st, *e->st))
			return d;
	return NULL;
}

/* Report that e is left out, as it is the directory above, which it is below. */
static void report_cycle(const struct context *c, const struct entry *e, const struct dir *above)
{
	char *dst, *first;

	/* As with cp, which knows of an operand alone what it has become. */
	bool operand = !above->parent->parent || above->parent->leads;
	if (!operand || options_follows(c->opts, e->operand)) {
		complain_src(e, OP_CHECK, 0, "cannot copy cyclic symbolic link %s");
		return;
	}
	dst = dir_dst_path(e->dir, e->dst);
	first = dir_dst_path(above, "");
	report_error_about(&(struct report_about){ .op = OP_CHECK, .dst = dst, .id = e->id }, 0,
			   "will not create hard link %s to directory %s",
			   quote_always(0, dst), quote_always(1, first));
	free(dst);
	free(first);
}

/* Returns true if e, whose destination is dst, becomes what the earlier operand became. */
static bool is_copy_of_earlier(const struct context *c, const struct entry *e, const char *dst,
			       const char *earlier)
{
	char *first = name_of_copy(c, earlier), *second = e->operand ? name_of_copy(c, dst) : NULL;
	bool same = names_same(AT_FDCWD, first, AT_FDCWD, second ? second : dst,
			       AT_SYMLINK_NOFOLLOW) == 1;

	free(first);
	free(second);
	return same;
}

/*
 * e is a directory that was an operand before, whose copy is at earlier.  Returns true if it
 * is copied once more; else that has been reported, and *ret may be set to e's outcome.
 */
static bool check_repeated(const struct context *c, const struct walk_root *root,
			   const struct entry *e, const char *earlier, enum outcome *ret)
{
	char *dst = dir_dst_path(e->dir, e->dst);
	const struct report_about about = {
		.op = OP_CHECK, .src = root->src, .dst = dst, .id = e->id,
	};
	bool good = options_follows(c->opts, e->operand);

	if (e->operand &&
	    names_same(AT_FDCWD, root->src, AT_FDCWD, earlier, AT_SYMLINK_NOFOLLOW) == 1) {
		good = false;
		report_error_about(&about, 0, "cannot copy a directory, %s, into itself, %s",
				   quote_always(0, root->src), quote_always(1, root->dst));
	} else if (is_copy_of_earlier(c, e, dst, earlier)) {
		good = false;
		*ret = OUTCOME_SKIPPED;
		report_warning(&about, 0, "warning: source directory %s specified more than once",
			       quote_always(0, root->src));
	} else if (!good)
		report_error_about(&about, 0, "will not create hard link %s to directory %s",
				   quote_always(0, dst), quote_always(1, earlier));
	free(dst);
	return good;
}

/*
 * Returns true if e's inode allows it to be copied; else that has been reported, and *ret may
 * be set to e's outcome.
 */
static bool check_inode(struct context *c, struct walk_root *root, const struct entry *e,
			enum outcome *ret)
{
	const char *made = dirset_find(&c->created_dirs, e->st);

	if (made) {
		report_created(c, root, e, made);
		return false;
	}
	const struct dir *above = find_above(e);
	if (above) {
		report_cycle(c, e, above);
		return false;
	}
	const char *earlier = dirset_find_before(&c->operand_dirs, e->st, root->number);
	return !earlier || check_repeated(c, root, e, earlier, ret);
}

/* ------------------------------------------------------------ the journal */

/* Begin the account of d, the copy of e; made: there is nothing at its destination yet. */
static void enter_in_journal(const struct entry *e, struct dir *d, bool made)
{
	if (!e->dir->ledger)
		return;
	char *dst = e->operand ? dir_dst_path(e->dir, e->dst) : NULL;
	d->ledger = journal_enter(e->dir->ledger, e->src, dst, made);
	d->resumed = d->ledger->resumed && d->ledger->made && !made;
	free(dst);
}

/* e is an operand, whose copy is there by now: later runs must find both as they are. */
static void put_root(const struct entry *e)
{
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	struct record_identity of_src, of_dst;

	/* If that cannot be known, the next run will not know it either, and asks for nothing. */
	if (identity_get(dir_src_fd(e->dir), e->src, &of_src) == 0 &&
	    identity_get(dir_dst_fd(e->dir), e->dst, &of_dst) == 0)
		journal_put_root(src, dst, &of_src, &of_dst);
	free(src);
	free(dst);
}

/* ----------------------------------------------------------- the destination */

struct dir *enter_make(struct context *c, struct walk_root *root, const struct entry *e,
		       enum outcome *ret)
{
	enum existing_action found = EXISTING_NONE;
	struct existing there = { .backup = NULL };

	/* Another attempt may have left something in what this run has made. */
	if (!dir_is_new(e->dir) || e->again)
		found = existing_prepare(c, e, &there);
	*ret = found == EXISTING_KEEP ? OUTCOME_SKIPPED : OUTCOME_FAILED;
	if ((found != EXISTING_NONE && found != EXISTING_OVERWRITE) ||
	    !check_inode(c, root, e, ret)) {
		backup_restore(c, e, there.backup);
		return NULL;
	}
	struct dir *d = dir_new(e->dir, e->src, e->dst, e->st);
	d->follow[DIR_SRC] = options_follows(c->opts, e->operand);
	d->follow[DIR_DST] = c->opts->keep_dir_symlink;
	enter_in_journal(e, d, found == EXISTING_NONE);
	if (found == EXISTING_OVERWRITE && d->resumed) {
		makedir_take_over(c, e, d, &there.st);
		dir_expect_existing_dst(d, &there.st);
	} else if (found == EXISTING_OVERWRITE) {
		makedir_open_existing(c, e, d, &there.st);
		dir_expect_existing_dst(d, &there.st);
	}
	if (found == EXISTING_NONE && !makedir_create(c, e, d, N_("cannot create directory %s"))) {
		/* If it is made later, that is neither a failure nor anything to be completed. */
		*(again_pending(e) ? &d->stays : &d->make_failed) = true;
		backup_restore(c, e, there.backup);
		dir_put(d);
		return NULL;
	}
	free(there.backup);
	if (d->ledger && e->operand)
		put_root(e);
	if (d->created) {
		announce_begun(c, e, NULL);
		announce_made(c, e, NULL);
	}
	if (d->created)
		announce_explained(c, e, N_("make %s: %s\n"), NULL);
	else
		announce_explained(c, e, N_("enter %s: %s\n"), N_("there is such a directory"));
	*ret = d->created ? OUTCOME_CREATED : OUTCOME_MERGED;
	return d;
}

/* ------------------------------------------------------------ the source */

/* The source of an entry that is, or was, a directory */
/* System calls that it takes to open one */
#define OPEN_CALLS 2

struct source {
	struct stat st;
	int fd;			/* open for reading; -1: it is left closed, */
	int err;		/* or could not be opened, for this errno value */
};

bool enter_stat(const struct context *c, const struct entry *e, struct stat *ret)
{
	bool follow = options_follows(c->opts, e->operand);

	copyfile_limit_take(0, 1);
	if (entry_stat_src(e, ret, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	struct entry unseen = *e;
	unseen.unseen = !e->type && !names_gone(errno);
	complain_src(e, OP_LOOK, errno, "cannot stat %s");
	outcome(&unseen, OUTCOME_FAILED, NULL);
	return false;
}

/*
 * Open e's source, unless it is left closed, and set e->st and e->type by what it is; wanted
 * is select_entry()'s answer so far.  Returns false if it is gone, which has been reported.
 * The caller hands ret->fd, if it is open, to dir_give_src() or dir_close_src().
 */
static bool open_source(const struct context *c, struct entry *e, enum select_answer wanted,
			struct source *ret)
{
	struct copyfile_work work;

	*ret = (struct source){ .fd = -1 };
	if (wanted == SELECT_STAT) {
		if (!enter_stat(c, e, &ret->st))
			return false;
		e->st = &ret->st;
		e->type = ret->st.st_mode & S_IFMT;
		/* To open another file system might wake it. */
		if (select_entry(c->opts, e) != SELECT_ENTER)
			return true;
	}
	copyfile_work_begin(&work);
	ret->fd = dir_open_src(e->dir, e->src, options_follows(c->opts, e->operand), &ret->st);
	copyfile_work_end(&work, dir_src_fd(e->dir), dir_dst_fd(e->dir), OPEN_CALLS);
	if (ret->fd < 0) {
		ret->err = -ret->fd;
		ret->fd = -1;
		if (!enter_stat(c, e, &ret->st))
			return false;
	}
	e->st = &ret->st;
	e->type = ret->st.st_mode & S_IFMT;
	return true;
}

/*
 * Give the descriptor of source, if it is open, to d, whose source it is; if d is NULL,
 * close it.
 */
static void hand_over_source(struct context *c, const struct entry *e, struct dir *d,
			     const struct source *source)
{
	if (source->fd < 0)
		return;
	if (!d) {
		dir_close_src(&c->dirs, source->fd);
		return;
	}
	/* If d was made in this very directory, btrfs shows it only after a rewind. */
	if (d->created && !e->dir->created)
		(void)lseek(source->fd, 0, SEEK_SET);
	dir_give_src(d, source->fd);
}

/*
 * e, a directory, cannot be opened for source->err.  Returns true if it is kept to be tried again,
 * for which its destination need not be made.
 */
static bool keep_unopened(const struct entry *e, const struct source *source)
{
	if (!source->err || !again_takes(e, OP_READ, source->err))
		return false;
	complain_src(e, OP_READ, source->err, "cannot access %s");
	outcome(e, OUTCOME_FAILED, NULL);
	return true;
}

void enter_unread(struct dir *d, int err, off_t at)
{
	char *path = dir_src_path(d, "");
	const struct report_about about = {
		.op = OP_READ, .src = path,
		.source = names_gone(err) ? SOURCE_VANISHED : SOURCE_STAYED,
	};

	struct message text = message_of(0, "cannot access %s", quote_always(0, path));
	if (!again_keep_unread(d, &about, err, &text, at) && dir_lose_src(d)) {
		report_error_message(&about, err, &text);
		dir_mark_unfinished(d);
		/* d was counted when it was made. */
		dirlist_add_dir(d);
	}
	message_free(&text);
	free(path);
}

/* Returns true if d's source has other times than when it was opened. */
static bool has_changed(const struct dir *d)
{
	struct stat now;

	return RETRY(fstat(dir_src_fd(d), &now)) == 0 &&
	       (timespec_cmp(now.st_mtim, d->st.st_mtim) != 0 ||
		timespec_cmp(now.st_ctim, d->st.st_ctim) != 0);
}

void enter_read(const struct context *c, struct dir *d, bool removed)
{
	bool strict = c->opts->strict;

	if (!removed && !(strict && has_changed(d)))
		return;
	char *path = dir_src_path(d, "");
	const struct report_about about = {
		.op = OP_READ, .src = path, .source = removed ? SOURCE_VANISHED : SOURCE_CHANGED,
	};
	const char *name = quote_always(0, path);
	if (strict) {
		report_error_about(&about, 0, removed ? N_("%s was removed while it was read") :
				   N_("%s changed while it was read"), name);
		dirlist_add_dir(d);
	} else {
		report_warning(&about, 0,
			       removed ? N_("warning: %s was removed while it was read") :
					 N_("warning: %s changed while it was read"), name);
	}
	dir_mark_unfinished(d);
	free(path);
}

bool enter_dir(struct context *c, struct walk_root *root, const struct entry *wanted,
	       struct dir **ret_dir)
{
	struct entry e = *wanted;
	struct source source;
	struct attempt attempt;
	enum outcome made;

	*ret_dir = NULL;
	again_attempt(&e, &attempt);
	if (stop_asked()) {
		outcome_left_out(&e);
		return false;
	}
	enum select_answer answer = select_entry(c->opts, &e);
	if (answer == SELECT_EXCLUDE) {
		account_excluded(&e);
		return false;
	}
	if (full_bars_dir(&e)) {
		outcome_untried(&e);
		return false;
	}
	outcome_number(&e);
	if (!open_source(c, &e, answer, &source))
		return false;
	/* Once more, as it may have been mounted by opening it, or replaced. */
	answer = select_entry(c->opts, &e);
	if (answer == SELECT_COPY)
		copy_entry(c, &e);
	if (answer == SELECT_ENTER && keep_unopened(&e, &source))
		return false;
	if (answer == SELECT_EXCLUDE || answer == SELECT_OMIT)
		account_excluded(&e);
	if (answer != SELECT_ENTER && answer != SELECT_MAKE) {
		hand_over_source(c, &e, NULL, &source);
		return false;
	}
	struct dir *d = enter_make(c, root, &e, &made);
	outcome(&e, made, NULL);
	hand_over_source(c, &e, d, &source);
	if (!d)
		return false;
	if (source.err)
		enter_unread(d, source.err, -1);
	if (source.fd >= 0 && answer == SELECT_ENTER) {
		*ret_dir = d;
		return true;
	}
	/* It is not read, so its copy may lack entries. */
	dir_mark_unread(d);
	dir_put(d);
	return true;
}
