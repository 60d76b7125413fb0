/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the questions that cp asks about a destination that is there, in cp's
 * order, for what is said first is what a user sees:
 *
 *	is it the source itself?		judge_same()
 *	is it wanted as it is?			stays(): -u, -n, -i
 *	do a directory and a file meet?		right_kind()
 *	has this run just made it?
 *	does it become a backup, or go?		make_way()
 *
 * What is no regular file is looked at without following a symlink, and so is what
 * is to be replaced: only the contents of a file are written through one.
 *
 * Prompts come from the main thread: with -i there is no other (run.c).
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
#include "base/names.h"
#include "base/options.h"
#include "base/retry.h"
#include "copy/announce.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "copy/targets.h"
#include "dirname.h"
#include "filemode.h"
#include "report/report.h"
#include "report/verbose.h"
#include "same-inode.h"
#include "tree/dir.h"
#include "utimecmp.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* ------------------------------------------------------ the same file? */

enum same {
	SAME_NOT,	/* or it does no harm */
	SAME_DONE,	/* it is what a copy would be */
	SAME_ERROR
};

static bool one_name(const struct entry *e)
{
	return names_same(dir_src_fd(e->dir), e->src, dir_dst_fd(e->dir), e->dst, 0);
}

/* Do both names, one of which is a symlink, lead to one inode? */
static bool one_end(const struct entry *e)
{
	struct stat src, dst;

	return entry_stat_src(e, &src, 0) == 0 && entry_stat_dst(e, &dst, 0) == 0 &&
	       SAME_INODE(src, dst);
}

/* The rest of judge_same(); src and dst are the names themselves, not followed. */
static enum same judge_names(const struct options *o, const struct entry *e,
			     const struct stat *src, const struct stat *dst)
{
	bool one_inode = SAME_INODE(*src, *dst);

	/* What becomes a backup is not lost, but the source must not be moved away. */
	if (o->backup != no_backups && one_inode)
		return one_name(e) ? SAME_ERROR : SAME_NOT;
	if (o->backup != no_backups)
		return options_follows(o, e->operand) && S_ISLNK(src->st_mode) &&
		       !S_ISLNK(dst->st_mode) ? SAME_ERROR : SAME_NOT;
	if (o->remove_first && (S_ISLNK(dst->st_mode) ||
				(one_inode && dst->st_nlink > 1 && !one_name(e))))
		return SAME_NOT;
	if (!S_ISLNK(src->st_mode) && !S_ISLNK(dst->st_mode)) {
		if (!one_inode)
			return SAME_NOT;
		if (o->hard_link)
			return SAME_DONE;
	}
	if (o->symlink && S_ISLNK(dst->st_mode))
		return SAME_NOT;
	if (!options_follows(o, e->operand)) {
		if (!one_inode && !one_end(e))
			return SAME_NOT;
		if (o->hard_link)
			return S_ISLNK(dst->st_mode) ? SAME_NOT : SAME_DONE;
	}
	return SAME_ERROR;
}

/* src and dst are what the entry's copy is to be made of, and what is in its place. */
static enum same judge_same(const struct options *o, const struct entry *e,
			    const struct stat *src, const struct stat *dst)
{
	bool same = SAME_INODE(*src, *dst);
	struct stat own_src, own_dst;

	if (same && o->hard_link)
		return SAME_DONE;
	if (!options_follows(o, e->operand) && S_ISLNK(src->st_mode) && S_ISLNK(dst->st_mode)) {
		if (one_name(e))
			return SAME_ERROR;
		/* Two names of one symlink need no copy. */
		return same && o->backup == no_backups ? SAME_DONE : SAME_NOT;
	}
	if (!options_follows(o, e->operand))
		return judge_names(o, e, src, dst);
	if (!same || entry_stat_dst(e, &own_dst, AT_SYMLINK_NOFOLLOW) < 0 ||
	    entry_stat_src(e, &own_src, AT_SYMLINK_NOFOLLOW) < 0)
		return SAME_NOT;
	if (o->remove_first && S_ISLNK(own_src.st_mode) && S_ISLNK(own_dst.st_mode))
		return SAME_NOT;
	return judge_names(o, e, &own_src, &own_dst);
}

/* -------------------------------------------------------- does it stay? */

/* Is dst as new as src, as far as its file system can tell? */
static bool up_to_date(const struct options *o, const struct entry *e, const struct stat *src,
		       const struct stat *dst)
{
	/* It remembers what it learns of file systems, without a lock. */
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&lock);
	int order = utimecmpat(dir_dst_fd(e->dir), e->dst, dst, src,
			       o->attrs & COPYFILE_TIMES ? UTIMECMP_TRUNCATE_SOURCE : 0);
	pthread_mutex_unlock(&lock);
	return order >= 0;
}

static bool writable(const struct entry *e, const struct stat *dst)
{
	return S_ISLNK(dst->st_mode) || geteuid() == 0 ||
	       RETRY(faccessat(dir_dst_fd(e->dir), e->dst, W_OK, AT_EACCESS)) == 0;
}

static bool ask(const struct options *o, const struct entry *e, const struct stat *dst)
{
	char *path = dir_dst_path(e->dir, e->dst);
	const char *name = report_quote(0, path);
	unsigned int mode = dst->st_mode & 07777;
	char perms[12];
	bool yes;

	strmode(dst->st_mode, perms);
	perms[10] = '\0';
	if (writable(e, dst))
		yes = report_ask("overwrite %s? ", name);
	else if (o->remove_first || o->force)
		yes = report_ask("replace %s, overriding mode %04o (%s)? ", name, mode, perms + 1);
	else
		yes = report_ask("unwritable %s (mode %04o, %s); try anyway? ", name, mode,
				 perms + 1);
	free(path);
	return yes;
}

static enum existing_action keep(const struct options *o, const struct entry *e)
{
	if (!o->debug)
		return EXISTING_KEPT;
	char *path = dir_dst_path(e->dir, e->dst);
	verbose_skipped(path);
	free(path);
	return EXISTING_KEPT;
}

/* EXISTING_OVER: it does not stay. */
static enum existing_action stays(const struct options *o, const struct entry *e,
				   const struct stat *src, const struct stat *dst)
{
	if (S_ISDIR(src->st_mode))
		return EXISTING_OVER;
	if (o->update == UPDATE_NONE_FAIL) {
		complain_dst(e, OP_CHECK, 0, "not replacing %s");
		return EXISTING_REFUSED;
	}
	if (o->update == UPDATE_NONE)
		return keep(o, e);
	if (o->update == UPDATE_OLDER && up_to_date(o, e, src, dst)) {
		keep(o, e);
		return EXISTING_UP_TO_DATE;
	}
	if (!o->ask || ask(o, e, dst))
		return EXISTING_OVER;
	/* As with cp since 9.2 */
	report_failed();
	return keep(o, e);
}

/* ------------------------------------------------------- does it fit? */

static bool dot_or_dotdot(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Does what is at e's destination become a backup, unless that is a directory? */
static bool backs_up(const struct options *o, const struct entry *e)
{
	return o->backup != no_backups && !dot_or_dotdot(last_component(e->src));
}

/* Is dst, the entry's destination, of a kind that src can replace?  Says if not. */
static bool right_kind(const struct options *o, const struct entry *e, const struct stat *src,
		       const struct stat *dst)
{
	if (!S_ISDIR(dst->st_mode) && S_ISDIR(src->st_mode) && !backs_up(o, e)) {
		complain_both(e, OP_CHECK, 0, true, "cannot overwrite non-directory %s with directory %s");
		return false;
	}
	/* With --backup cp does not see that before it tries; a directory has none. */
	if (S_ISDIR(dst->st_mode) && !S_ISDIR(src->st_mode) && o->backup == no_backups) {
		complain_both(e, OP_CHECK, 0, true, "cannot overwrite directory %s with non-directory %s");
		return false;
	}
	return true;
}

/* Has this run made it?  Of a symlink that would be written through is said later. */
static bool just_created(const struct context *c, const struct entry *e, const struct stat *dst)
{
	struct stat own;

	return e->operand && !S_ISDIR(dst->st_mode) && c->opts->backup != numbered_backups &&
	       targets_have(c, e) &&
	       entry_stat_dst(e, &own, AT_SYMLINK_NOFOLLOW) == 0 &&
	       SAME_INODE(own, *dst);
}

/* ----------------------------------------------------------- make way */

bool existing_remove(const struct context *c, const struct entry *e)
{
	if (RETRY(unlinkat(dir_dst_fd(e->dir), e->dst, 0)) < 0 && errno != ENOENT) {
		complain_dst(e, OP_REMOVE, errno, "cannot remove %s");
		return false;
	}
	announce_removed(c, e);
	return true;
}

/* Must dst go before, so that neither its other names nor its target change? */
static bool must_go(const struct options *o, const struct entry *e, const struct stat *dst)
{
	if (S_ISDIR(dst->st_mode))
		return false;
	if (o->remove_first)
		return true;
	return !o->attributes_only &&
	       ((o->keep_links && dst->st_nlink > 1) ||
		(!options_follows(o, e->operand) && !S_ISREG(e->type)));
}

/* Would the simple backup of e's destination have the name of its source? */
static bool backup_is_source(const struct entry *e, const struct stat *src)
{
	const char *base = last_component(e->src), *dst_base = last_component(e->dst);
	size_t len = strlen(dst_base);
	struct stat backup;

	if (strncmp(base, dst_base, len) || strcmp(base + len, simple_backup_suffix))
		return false;
	char *name = xasprintf("%s%s", e->dst, simple_backup_suffix);
	bool is = RETRY(fstatat(dir_dst_fd(e->dir), name, &backup, 0)) == 0 &&
		  SAME_INODE(*src, backup);
	free(name);
	return is;
}

/*
 * Is the first numbered backup there, in a directory where the numbers can't be read?
 * gnulib would try to make it for ever then.
 */
static bool number_unknown(int dir, const char *name)
{
	struct stat st;

	if (faccessat(dir, ".", R_OK, AT_EACCESS) == 0)
		return false;
	char *first = xasprintf("%s.~1~", name);
	bool there = RETRY(fstatat(dir, first, &st, AT_SYMLINK_NOFOLLOW)) == 0;
	free(first);
	return there;
}

static char *rename_here(int dir, const char *name, enum backup_type type)
{
	char *backup;

	if (type == numbered_backups && number_unknown(dir, name)) {
		errno = EACCES;
		return NULL;
	}
	do
		backup = backup_file_rename(dir, name, type);
	while (!backup && errno == EINTR);
	return backup;
}

/*
 * As rename_here(), for a name with a directory in it: some versions of gnulib lose their
 * way there if there is no numbered backup yet.
 */
static char *rename_to_backup(int dir, const char *name, enum backup_type type)
{
	const char *slash = strrchr(name, '/');

	if (!slash)
		return rename_here(dir, name, type);
	int len = (int)(slash + 1 - name);
	char *parent = ximemdup0(name, len);
	int fd = RETRY(openat(dir, parent, O_PATH | O_DIRECTORY | O_CLOEXEC));
	char *base = fd < 0 ? NULL : rename_here(fd, slash + 1, type);
	int err = errno;
	char *backup = base ? xasprintf("%s%s", parent, base) : NULL;
	free(base);
	free(parent);
	if (fd >= 0)
		close(fd);
	errno = err;
	return backup;
}

static enum existing_action back_up(const struct options *o, const struct entry *e,
				     const struct stat *src, struct existing *ret)
{
	if (o->backup != numbered_backups && backup_is_source(e, src)) {
		complain_both(e, OP_CHECK, 0, true, "backing up %s might destroy source;  %s not copied");
		return EXISTING_REFUSED;
	}
	do
		ret->backup = rename_to_backup(dir_dst_fd(e->dir), e->dst, o->backup);
	while (!ret->backup && errno == EINTR);
	if (!ret->backup && errno != ENOENT) {
		complain_dst(e, OP_BACKUP, errno, "cannot backup %s");
		return EXISTING_REFUSED;
	}
	return EXISTING_NONE;
}

static enum existing_action make_way(const struct context *c, const struct entry *e,
				      const struct stat *src, struct existing *ret)
{
	const struct options *o = c->opts;

	if (!S_ISDIR(ret->st.st_mode) && backs_up(o, e))
		return back_up(o, e, src, ret);
	if (!must_go(o, e, &ret->st))
		return EXISTING_OVER;
	return existing_remove(c, e) ? EXISTING_NONE : EXISTING_REFUSED;
}

void existing_restore(const struct context *c, const struct entry *e, char *backup)
{
	int dir = dir_dst_fd(e->dir);

	if (!backup)
		return;
	if (RETRY(renameat(dir, backup, dir, e->dst)) < 0)
		complain_dst(e, OP_BACKUP, errno, "cannot un-backup %s");
	else
		announce_restored(c, e, backup);
	free(backup);
}

/* ------------------------------------------------------------ the look */

/* Would e be written through a symlink that this run has made?  Says so. */
static bool through_new_symlink(const struct context *c, const struct entry *e)
{
	/* A symlink is not written through but replaced, if at all. */
	if (!e->operand || S_ISLNK(e->type) || c->opts->backup != no_backups ||
	    !targets_have(c, e) || !entry_dst_is_symlink(e))
		return false;
	complain_both(e, OP_CHECK, 0, false, "will not copy %s through just-created symlink %s");
	return true;
}

static enum existing_action judge(struct context *c, const struct entry *e,
				   const struct stat *src, struct existing *ret)
{
	const struct options *o = c->opts;
	struct stat *dst = &ret->st;

	/* What is not to be replaced at all cannot be the wrong one. */
	bool may_go = o->update != UPDATE_NONE && o->update != UPDATE_NONE_FAIL;
	enum same same = may_go ? judge_same(o, e, src, dst) : SAME_NOT;

	if (same == SAME_ERROR) {
		complain_both(e, OP_CHECK, 0, false, "%s and %s are the same file");
		return EXISTING_REFUSED;
	}
	enum existing_action action = stays(o, e, src, dst);
	if (action != EXISTING_OVER || same == SAME_DONE)
		return action == EXISTING_OVER ? EXISTING_KEPT : action;
	if (o->keep_dir_symlink && S_ISDIR(src->st_mode) && S_ISLNK(dst->st_mode)) {
		struct stat end;

		if (entry_stat_dst(e, &end, 0) == 0 && S_ISDIR(end.st_mode))
			*dst = end;
	}
	if (!right_kind(o, e, src, dst))
		return EXISTING_REFUSED;
	if (just_created(c, e, dst)) {
		complain_both(e, OP_CHECK, 0, true, "will not overwrite just-created %s with %s");
		return EXISTING_REFUSED;
	}
	return make_way(c, e, src, ret);
}

/* Is a symlink in e's place looked at itself, not what it leads to? */
static bool looks_at_link(const struct options *o, const struct entry *e)
{
	bool content = S_ISREG(e->type) ||
		       (o->contents && !S_ISDIR(e->type) && !S_ISLNK(e->type));

	return !content || o->symlink || o->hard_link || o->backup != no_backups ||
	       o->remove_first;
}

static enum existing_action look(struct context *c, const struct entry *e, struct existing *ret)
{
	const struct options *o = c->opts;
	int follow = options_follows(o, e->operand) ? 0 : AT_SYMLINK_NOFOLLOW;
	struct stat src;
	int err = 0;

	*ret = (struct existing){ .backup = NULL };
	if (entry_stat_dst(e, &ret->st, looks_at_link(o, e) ? AT_SYMLINK_NOFOLLOW : 0) < 0) {
		if (errno == ENOENT)
			return EXISTING_NONE;
		err = errno;
		/* A symlink to itself is one of the things that -f removes. */
		if (err == ELOOP && o->force && entry_dst_is_symlink(e))
			return EXISTING_OVER;
	}
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
	return judge(c, e, &src, ret);
}

enum existing_action existing_look(struct context *c, const struct entry *e,
				    struct existing *ret)
{
	enum existing_action action = look(c, e, ret);

	if ((action == EXISTING_NONE || action == EXISTING_OVER) && through_new_symlink(c, e))
		return EXISTING_REFUSED;
	return action;
}
