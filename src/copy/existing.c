/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the questions that cp asks about a destination that is there, in cp's
 * order, since the first complaint is the one that a user sees:
 *
 *	is it the source itself?		samefile.c
 *	does it stay, by --update, -n or -i?	check_update_options(), unchanged.c
 *	do a directory and a file meet?		is_right_kind()
 *	did this run make it?			just_created()
 *	does it become a backup, or go?		remove_or_back_up(), backup.c
 *
 * What is no regular file is looked at without following a symlink, and so is what will
 * be replaced: only the contents of a file are written through one.  Whether one was seen is
 * remembered: if it comes later it is not followed.
 *
 * A FIFO or a device below an operand is not written to, unless --copy-contents asks for it:
 * somebody else may have put it there, and a FIFO may have no reader for ever.
 *
 * Prompts come from the main thread: with -i there is no other (budget.c).
 */
#include <config.h>

#include "copy/existing.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "backupfile.h"
#include "base/language.h"
#include "base/names.h"
#include "base/options.h"
#include "base/retry.h"
#include "base/symlink.h"
#include "copy/announce.h"
#include "copy/backup.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/doomed.h"
#include "copy/dry.h"
#include "copy/entry.h"
#include "copy/links.h"
#include "copy/outcome.h"
#include "copy/samefile.h"
#include "copy/targets.h"
#include "copy/unchanged.h"
#include "filemode.h"
#include "journal/journal.h"
#include "progname.h"
#include "report/ask.h"
#include "report/quote.h"
#include "report/status.h"
#include "report/verbose.h"
#include "same-inode.h"
#include "timespec.h"
#include "tree/byfd.h"
#include "tree/dir.h"
#include "tree/dirpath.h"
#include "utimecmp.h"

/* ------------------------------------------------------ whether it stays */

/* Returns true if dst is as new as src, as far as its file system can tell. */
static bool is_up_to_date(const struct options *o, const struct entry *e, const struct stat *src,
			  const struct stat *dst)
{
	/* utimecmpat() remembers what it learns of file systems, and takes no lock for that. */
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	/* To learn it sets the times of files. */
	if (o->dry_run)
		return timespec_cmp(dst->st_mtim, src->st_mtim) >= 0 ||
		       unchanged_time(src->st_mtim, dst->st_mtim);
	pthread_mutex_lock(&lock);
	int order = utimecmpat(dir_dst_fd(e->dir), e->dst, dst, src,
			       o->attrs & COPYFILE_TIMES ? UTIMECMP_TRUNCATE_SOURCE : 0);
	pthread_mutex_unlock(&lock);
	return order >= 0;
}

static bool is_writable(const struct entry *e, const struct stat *dst)
{
	return S_ISLNK(dst->st_mode) || geteuid() == 0 ||
	       RETRY(faccessat(dir_dst_fd(e->dir), e->dst, W_OK, AT_EACCESS)) == 0;
}

static bool user_agrees(const struct options *o, const struct entry *e, const struct stat *dst)
{
	char *path = dir_dst_path(e->dir, e->dst);
	const char *name = quote_always(0, path);
	unsigned long mode = dst->st_mode & 07777;
	char perms[12];
	bool yes;

	strmode(dst->st_mode, perms);
	perms[10] = '\0';
	if (is_writable(e, dst))
		yes = ask_yes_no("%s: overwrite %s? ", program_name, name);
	else if (o->remove_first || o->force)
		yes = ask_yes_no("%s: replace %s, overriding mode %04lo (%s)? ", program_name,
				 name, mode, perms + 1);
	else
		yes = ask_yes_no("%s: unwritable %s (mode %04lo, %s); try anyway? ", program_name,
				 name, mode, perms + 1);
	free(path);
	return yes;
}

/* With --debug, say that e's destination stays. */
static void announce_skipped(const struct options *o, const struct entry *e)
{
	if (!o->debug)
		return;
	char *path = dir_dst_path(e->dir, e->dst);
	verbose_skipped(path);
	free(path);
}

/* Returns what --update, -n and -i make of dst: EXISTING_OVERWRITE if it need not stay. */
static enum existing_action check_update_options(const struct options *o, const struct entry *e,
						 const struct stat *src, struct existing *ret)
{
	const struct stat *dst = &ret->st;

	ret->why = N_("it exists");
	/* What is there of this run's own is no reason to keep it. */
	if (S_ISDIR(src->st_mode) || e->incomplete)
		return EXISTING_OVERWRITE;
	if (o->update == UPDATE_NONE_FAIL) {
		complain_dst(e, OP_CHECK, 0, "not replacing %s");
		return EXISTING_REFUSED;
	}
	bool up_to_date = o->update == UPDATE_OLDER && is_up_to_date(o, e, src, dst);
	if (o->update == UPDATE_OLDER)
		ret->why = up_to_date ? N_("it is not older") : N_("it is older");
	if (options_compare(o)) {
		enum unchanged how = unchanged_look(o, e, src, dst, &ret->why);

		if (how == UNCHANGED_CONTENTS)
			return EXISTING_ATTRIBUTES;
		up_to_date = how == UNCHANGED_ALL;
	}
	if (!up_to_date && o->update != UPDATE_NONE) {
		if (!o->ask || user_agrees(o, e, dst))
			return EXISTING_OVERWRITE;
		/* As with cp since 9.2 */
		status_fail();
	}
	announce_skipped(o, e);
	/* A symlink that a copy would replace is none: other names are no links to it. */
	if (options_aside(o, e->type) && (src->st_mode ^ dst->st_mode) & S_IFMT)
		up_to_date = false;
	return up_to_date ? EXISTING_UP_TO_DATE : EXISTING_KEEP;
}

/* ------------------------------------------------------- whether it fits */

/* Returns true if src may replace what is of the kind of dst, or else reports that. */
static bool is_right_kind(const struct options *o, const struct entry *e, const struct stat *src,
			  const struct stat *dst)
{
	if (!S_ISDIR(dst->st_mode) && S_ISDIR(src->st_mode) && !backup_wanted(o, e)) {
		complain_both(e, OP_CHECK, 0, true,
			      "cannot overwrite non-directory %s with directory %s");
		return false;
	}
	/* With --backup cp does not see that before it tries; a directory has none. */
	if (S_ISDIR(dst->st_mode) && !S_ISDIR(src->st_mode) && o->backup == no_backups) {
		complain_both(e, OP_CHECK, 0, true,
			      "cannot overwrite directory %s with non-directory %s");
		return false;
	}
	return true;
}

/*
 * Returns true if dst was made by this run, or that can't be seen.  Symlinks are
 * through_new_symlink()'s.
 */
static bool just_created(const struct context *c, const struct entry *e, const struct stat *dst)
{
	struct stat own;

	if (!e->operand || S_ISDIR(dst->st_mode) || c->opts->backup == numbered_backups ||
	    !targets_have(c, e))
		return false;
	if (entry_stat_dst(e, &own, AT_SYMLINK_NOFOLLOW) < 0)
		return errno != ENOENT;
	return SAME_INODE(own, *dst);
}

/* ---------------------------------------------------------- removing it */

static bool unlink_it(const struct options *o, const struct entry *e)
{
	if (o->dry_run)
		return dry_can_change(e, OP_REMOVE, "cannot remove %s");
	if (RETRY(unlinkat(dir_dst_fd(e->dir), e->dst, 0)) == 0 || errno == ENOENT)
		return true;
	complain_dst(e, OP_REMOVE, errno, "cannot remove %s");
	return false;
}

bool existing_remove(const struct context *c, const struct entry *e)
{
	if (!unlink_it(c->opts, e))
		return false;
	announce_removed(c, e);
	return true;
}

/*
 * Returns true if dst has to go before e, whose stat is src, is copied, lest its other names
 * or its target change.
 */
static bool must_go(const struct options *o, const struct entry *e, const struct stat *src,
		    const struct stat *dst)
{
	if (S_ISDIR(dst->st_mode))
		return false;
	if (o->remove_first || (options_compare(o) && (src->st_mode ^ dst->st_mode) & S_IFMT))
		return true;
	return !o->attributes_only &&
	       ((o->keep_links && dst->st_nlink > 1) ||
		(!options_follows(o, e->operand) && !S_ISREG(e->type)));
}

/*
 * Returns true if the copy of e, whose stat is src, will take the place of what is there by
 * rename(2).
 */
static bool is_replaced(const struct options *o, const struct entry *e, const struct stat *src,
			const struct existing *there)
{
	/* The library refuses to replace the source, which may be meant: --remove-destination */
	return options_replace(o, e->type) && !S_ISDIR(there->st.st_mode) && !there->in_place &&
	       !SAME_INODE(*src, there->st);
}

static enum existing_action back_up(const struct options *o, const struct entry *e,
				    const struct stat *src, struct existing *ret)
{
	bool keep = is_replaced(o, e, src, ret);

	if (!backup_make(o, e, src, &keep, &ret->backup))
		return EXISTING_REFUSED;
	return keep ? EXISTING_OVERWRITE : EXISTING_NONE;
}

/* Returns true if a symlink at e's destination must not be followed to see what is there. */
static bool is_link_itself_meant(const struct options *o, const struct entry *e)
{
	bool content = S_ISREG(e->type) ||
		       (o->contents && !S_ISDIR(e->type) && !S_ISLNK(e->type));

	return !content || o->symlink || o->hard_link || o->backup != no_backups ||
	       o->remove_first || options_compare(o) || options_replace(o, e->type);
}

/* Returns true if contents would be written to a FIFO or a device that is no operand. */
static bool is_special_below(const struct context *c, const struct entry *e,
			     const struct existing *there)
{
	bool named = e->operand && !c->into_dir, asked = c->opts->recursive && c->opts->contents;
	bool written = there->in_place || !is_link_itself_meant(c->opts, e);
	const struct stat *dst = &there->st;

	return !named && !asked && written &&
	       (S_ISFIFO(dst->st_mode) || S_ISCHR(dst->st_mode) || S_ISBLK(dst->st_mode));
}

static enum existing_action remove_or_back_up(const struct context *c, const struct entry *e,
				      const struct stat *src, struct existing *ret)
{
	const struct options *o = c->opts;

	if (!S_ISDIR(ret->st.st_mode) && backup_wanted(o, e))
		return back_up(o, e, src, ret);
	if (is_replaced(o, e, src, ret))
		return EXISTING_OVERWRITE;
	bool special = is_special_below(c, e, ret);
	if (!must_go(o, e, src, &ret->st) && !(special && o->force)) {
		bool through = ret->through && o->beneath;

		if (!special && !through)
			return EXISTING_OVERWRITE;
		complain_dst(e, OP_CHECK, 0, through ? "not writing through symbolic link %s" :
						       N_("not writing to special file %s"));
		return EXISTING_REFUSED;
	}
	if (!existing_remove(c, e))
		return EXISTING_REFUSED;
	outcome_replaced(o, e, ret->st.st_mode);
	return EXISTING_NONE;
}

/* -------------------------------------------------------- the whole check */

/*
 * Returns true, after a report, if e would be written through a symlink of this run, as far as
 * can be seen.
 */
static bool through_new_symlink(const struct context *c, const struct entry *e)
{
	struct stat st;

	/* A symlink is not written through but replaced, if at all. */
	if (!e->operand || S_ISLNK(e->type) || options_replace(c->opts, e->type) ||
	    c->opts->backup != no_backups ||
	    !targets_have(c, e) ||
	    (entry_stat_dst(e, &st, AT_SYMLINK_NOFOLLOW) == 0 ? !S_ISLNK(st.st_mode) :
							       errno == ENOENT))
		return false;
	complain_both(e, OP_CHECK, 0, false, "will not copy %s through just-created symlink %s");
	return true;
}

/* Something is going to be made or removed where e's destination is. */
static void make_writable(const struct options *o, const struct entry *e)
{
	if (!o->dry_run)
		dir_let_owner_write(e->dir);
}

/*
 * Returns true if dst is what src, with several names, has become in this run already: it is met
 * again, and to remove it would leave its names nothing to be linked to.
 */
static bool is_own_copy(struct context *c, const struct stat *src, const struct stat *dst)
{
	const struct options *o = c->opts;

	return o->keep_links && (o->files_from || o->retry) && dst->st_nlink > 1 &&
	       !S_ISDIR(src->st_mode) && links_is_copy(&c->links, src, dst) > 0;
}

/*
 * Returns true if dst was left at e's destination by an earlier run of this pass, which has made
 * the directory but has not recorded that e is done.  So it may be a part of a copy, with a mode of
 * its own.
 */
static bool is_left_behind(const struct entry *e, const struct stat *dst)
{
	return e->dir->resumed && !S_ISDIR(dst->st_mode);
}

/*
 * Returns true if what was left behind is a whole copy: it has the time of its source, which is set
 * when all else but the mode is done; and no power failure has taken away what it had.  It counts
 * unless it has to be read, to be verified or for its checksum.
 */
static bool is_whole(const struct options *o, const struct entry *e, const struct stat *src,
		     struct existing *ret)
{
	return o->attrs & COPYFILE_TIMES && !o->verify && !o->hash && S_ISREG(src->st_mode) &&
	       journal_is_of_this_boot() &&
	       unchanged_look(o, e, src, &ret->st, &ret->why) == UNCHANGED_ALL;
}

/*
 * Returns true if what was left behind is a part of a huge file, whose source is still what it was:
 * then ret says how to go on with it.
 */
static bool is_part(const struct entry *e, const struct stat *src, struct existing *ret)
{
	struct journal_part part;

	if (!S_ISREG(src->st_mode) || !S_ISREG(ret->st.st_mode) ||
	    !journal_get_part(e->dir->ledger, e->src, &part))
		return false;
	if ((uint64_t)src->st_size != part.size || src->st_mtim.tv_sec != part.sec ||
	    (uint32_t)src->st_mtim.tv_nsec != part.nsec ||
	    (uint64_t)ret->st.st_size < part.prefix)
		return false;
	ret->from = part.prefix;
	ret->in_place = true;
	return true;
}

static enum existing_action decide(struct context *c, const struct entry *e,
				   const struct stat *src, struct existing *ret)
{
	const struct options *o = c->opts;
	struct stat *dst = &ret->st;

	/* If nothing is replaced in any case, nothing can be destroyed. */
	bool may_go = o->update != UPDATE_NONE && o->update != UPDATE_NONE_FAIL;
	/* Nor where a symlink goes that leads to the source, and is not followed. */
	if (options_compare(o) && (src->st_mode ^ dst->st_mode) & S_IFMT)
		may_go = false;
	enum samefile same = may_go ? samefile_check(o, e, src, dst) : SAMEFILE_NO;

	if (same == SAMEFILE_ERROR) {
		complain_both(e, OP_CHECK, 0, false, "%s and %s are the same file");
		return EXISTING_REFUSED;
	}
	if (same == SAMEFILE_UNKNOWN) {
		complain_both(e, OP_CHECK, errno, false,
			      "cannot tell whether %s and %s are the same file");
		return EXISTING_REFUSED;
	}
	if (is_left_behind(e, dst)) {
		if (is_whole(o, e, src, ret))
			return EXISTING_UP_TO_DATE;
		if (is_part(e, src, ret))
			return EXISTING_OVERWRITE;
		return existing_remove(c, e) ? EXISTING_NONE : EXISTING_REFUSED;
	}
	enum existing_action action = check_update_options(o, e, src, ret);
	if (action != EXISTING_OVERWRITE || same == SAMEFILE_DONE)
		return action == EXISTING_OVERWRITE ? EXISTING_KEEP : action;
	if (is_own_copy(c, src, dst))
		return EXISTING_UP_TO_DATE;
	if (o->keep_dir_symlink && S_ISDIR(src->st_mode) && S_ISLNK(dst->st_mode)) {
		struct stat end;

		if (entry_stat_dst(e, &end, 0) == 0 && S_ISDIR(end.st_mode))
			*dst = end;
	}
	if (!S_ISDIR(src->st_mode) || !S_ISDIR(dst->st_mode))
		make_writable(o, e);
	bool aside = o->delete && !S_ISDIR(src->st_mode) != !S_ISDIR(dst->st_mode);
	if (!aside && !is_right_kind(o, e, src, dst))
		return EXISTING_REFUSED;
	if (just_created(c, e, dst)) {
		complain_both(e, OP_CHECK, 0, true, "will not overwrite just-created %s with %s");
		return EXISTING_REFUSED;
	}
	if (aside) {
		/* If the copy fails it gets its name back, as a backup does. */
		ret->backup = doomed_set_aside(&c->doomed, e, dst->st_mode & S_IFMT,
					       o->dry_run);
		if (ret->backup)
			return EXISTING_NONE;
		complain_dst(e, OP_REMOVE, errno, "cannot move %s out of the way");
		return EXISTING_REFUSED;
	}
	return remove_or_back_up(c, e, src, ret);
}

/* Returns true if the symlink at e's destination leads to an open file, as /dev/stdout does. */
static bool leads_to_open_file(const struct entry *e)
{
	char *target = symlink_read(dir_dst_fd(e->dir), e->dst);
	bool does = target && !strncmp(target, "/proc/", 6);

	free(target);
	return does;
}

static bool is_special(const struct stat *st)
{
	return !S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode) && !S_ISDIR(st->st_mode);
}

/*
 * With --atomic: what is at e's destination, and has the stat st, would be replaced.  Sets
 * *ret if it is meant to be written to: a device, or a symlink to one.  Then *st is the stat of
 * what is written to.  Returns 0 or an errno value.
 */
static int is_written_to(const struct options *o, const struct entry *e, struct stat *st,
			 bool *ret)
{
	struct stat end;

	*ret = is_special(st);
	/* In these cases a symlink goes, wherever it leads. */
	if (!S_ISLNK(st->st_mode) || !S_ISREG(e->type) || o->remove_first ||
	    o->backup != no_backups)
		return 0;
	if (entry_stat_dst(e, &end, 0) < 0)
		return names_lead_nowhere(errno) ? 0 : errno;
	*ret = is_special(&end) || leads_to_open_file(e);
	if (*ret)
		*st = end;
	return 0;
}

/*
 * Look at what is at e's destination; a symlink is followed if contents are written through
 * it.  Returns 0 or an errno value.
 */
static int look(const struct options *o, const struct entry *e, struct existing *ret)
{
	if (entry_stat_dst(e, &ret->st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno;
	bool link = S_ISLNK(ret->st.st_mode);
	int err = options_aside(o, e->type) ?
		  is_written_to(o, e, &ret->st, &ret->in_place) : 0;
	if (err)
		return err;
	if (ret->in_place) {
		ret->through = link;
		return 0;
	}
	ret->through = link && !is_link_itself_meant(o, e);
	if (!ret->through || entry_stat_dst(e, &ret->st, 0) == 0)
		return 0;
	ret->st = (struct stat){ .st_mode = 0 };
	return errno;
}

/* As existing_prepare(), but for through_new_symlink() */
static enum existing_action prepare(struct context *c, const struct entry *e, struct existing *ret)
{
	const struct options *o = c->opts;
	int follow = options_follows(o, e->operand) ? 0 : AT_SYMLINK_NOFOLLOW;
	struct stat src;

	*ret = (struct existing){ .backup = NULL };
	int err = look(o, e, ret);
	if (err == ENOENT) {
		make_writable(o, e);
		return EXISTING_NONE;
	}
	/* A symlink to itself is one of the things that -f removes. */
	if (err == ELOOP && o->force && ret->through)
		return EXISTING_OVERWRITE;
	if (e->st)
		src = *e->st;
	else if (entry_stat_src(e, &src, follow) < 0) {
		complain_src(e, OP_LOOK, errno, "cannot stat %s");
		return EXISTING_REFUSED;
	}
	if (err) {
		complain_dst(e, OP_LOOK, err, "cannot stat %s");
		return EXISTING_REFUSED;
	}
	return decide(c, e, &src, ret);
}

enum existing_action existing_prepare(struct context *c, const struct entry *e,
				      struct existing *ret)
{
	enum existing_action action = prepare(c, e, ret);

	if ((action == EXISTING_NONE || action == EXISTING_OVERWRITE) && through_new_symlink(c, e))
		return EXISTING_REFUSED;
	return action;
}
