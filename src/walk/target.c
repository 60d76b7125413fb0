/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the last operand, or -t, is a directory to copy into or a name to
 * give; that decides the destination's name of each source.  Then each operand
 * is an entry of the directory "cwd", whose names are paths.
 *
 * Operands are copied as if one after the other.  So a directory's copy begins
 * only when nothing is pending, if what it is merged into, or its source, may be
 * what an earlier operand makes.
 */
#include <config.h>

#include "walk/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/names.h"
#include "base/options.h"
#include "base/retry.h"
#include "base/stop.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/copy.h"
#include "copy/entry.h"
#include "copy/outcome.h"
#include "copy/targets.h"
#include "dirname.h"
#include "filenamecat.h"
#include "report/report.h"
#include "same-inode.h"
#include "tree/dir.h"
#include "walk/parents.h"
#include "walk/walk.h"
#include "watch/progress.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* ------------------------------------------------------------ one operand */

/* Is path, a directory, within one that this run has made? */
static bool in_made_dir(struct context *c, int at, const char *path)
{
	int fd = RETRY(openat(at, path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	struct stat st, below = { .st_ino = 0 };
	bool made = false;

	/* Upwards to the root, which is its own parent. */
	while (!made && fd >= 0 && RETRY(fstat(fd, &st)) == 0 && !SAME_INODE(st, below)) {
		made = dirset_find(&c->created_dirs, &st);
		below = st;
		int up = RETRY(openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
		close(fd);
		fd = up;
	}
	if (fd >= 0)
		close(fd);
	return made || fd < 0;
}

/* May e's copy, which is a directory's, meet what an earlier operand makes? */
static bool depends_on_earlier(struct context *c, const struct entry *e)
{
	bool merged = c->merged;
	struct stat dst;

	if (entry_stat_dst(e, &dst, AT_SYMLINK_NOFOLLOW) == 0)
		c->merged = true;
	return merged || c->merged || (dirset_any(&c->created_dirs) && in_made_dir(c, dir_src_fd(e->dir), e->src));
}

/* An operand may be what an earlier one makes. */
static int stat_operand(struct context *c, const struct entry *e, struct stat *ret)
{
	int flags = options_follows(c->opts, true) ? 0 : AT_SYMLINK_NOFOLLOW;
	int r = entry_stat_src(e, ret, flags);

	if (r < 0 && errno == ENOENT) {
		context_drain(c);
		r = entry_stat_src(e, ret, flags);
	}
	return r;
}

static void copy_dir_operand(struct context *c, const struct entry *e)
{
	if (targets_have(c, e) || depends_on_earlier(c, e))
		context_drain(c);
	if (walk_tree(c, e)) {
		char *dst = dir_dst_path(e->dir, e->dst);

		dirset_add(&c->operand_dirs, e->st, dst, c->operand);
		free(dst);
	}
}

/*
 * The name that e, a file, has in its directory: two operands with the same are one,
 * however they are written.  *ret_parent is that directory.  The caller frees it.
 */
static char *key_of(const struct entry *e, struct stat *ret_parent)
{
	char *parent = dir_name(e->src), *key = NULL;

	if (RETRY(fstatat(dir_src_fd(e->dir), parent, ret_parent, 0)) == 0)
		key = xasprintf("%ju:%ju/%s", (uintmax_t)ret_parent->st_dev,
				(uintmax_t)ret_parent->st_ino, last_component(e->src));
	free(parent);
	return key;
}

/* May e, a file in the directory parent, meet what earlier operands make? */
static bool file_depends_on_earlier(struct context *c, const struct entry *e,
				    const struct stat *parent)
{
	/* It may be a name of an inode of which the first is copied. */
	if (c->opts->keep_links && (e->st->st_nlink > 1 || options_follows(c->opts, true)))
		return true;
	return c->merged || SAME_INODE(c->target, *parent) || targets_have(c, e) ||
	       dirset_find(&c->created_dirs, parent);
}

static void copy_file_operand(struct context *c, const struct entry *e)
{
	bool backups = c->opts->backup != no_backups;
	struct stat parent;
	char *key = c->sources ? key_of(e, &parent) : NULL;

	if (key && !names_add(c->sources, key) && !backups) {
		char *src = dir_src_path(e->dir, e->src);
		report_warning(&(struct report_about){ .op = OP_CHECK, .src = src },
			       "warning: source file %s specified more than once",
			       report_quote(0, src));
		free(src);
		outcome(e, OUTCOME_SKIPPED, NULL);
		free(key);
		return;
	}
	if (key && file_depends_on_earlier(c, e, &parent))
		context_drain(c);
	copy_entry(c, e);
	free(key);
}

/* Copy the operand src, as named in dir, to dst in there. */
static void copy_operand(struct context *c, struct dir *dir, const char *src, const char *dst)
{
	struct stat st;
	struct entry e = { .dir = dir, .src = src, .dst = dst, .st = &st, .operand = true };

	c->operand++;
	if (stop_asked())
		stop_leave_out();
	if (stop_asked() || !dir_pin(dir))
		return;
	int err = stat_operand(c, &e, &st) < 0 ? errno : 0;
	if (err) {
		e.st = NULL;
		outcome_number(&e);
		complain_src(&e, OP_LOOK, err, "cannot stat %s");
		outcome(&e, OUTCOME_FAILED, NULL);
	} else if (e.type = st.st_mode & S_IFMT, !S_ISDIR(e.type))
		copy_file_operand(c, &e);
	else if (c->opts->recursive)
		copy_dir_operand(c, &e);
	else {
		outcome_number(&e);
		complain_src(&e, OP_CHECK, 0, "-r not specified; omitting directory %s");
		outcome(&e, OUTCOME_FAILED, NULL);
	}
	dir_unpin(dir);
}

/* The name of src in the directory target; the caller frees it. */
static char *name_in(const char *target, const char *src)
{
	char *base = xstrdup(last_component(src));

	strip_trailing_slashes(base);
	/* "dir/.." copies into target, not beside it. */
	char *dst = file_name_concat(target, base + !strcmp(base, ".."), NULL);
	free(base);
	return dst;
}

/* --------------------------------------------------------- all operands */

/* 0 if path is a directory that can be searched, else errno. */
static int check_dir(const char *path)
{
	int fd = RETRY(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/*
 * Is path a directory, although to open it has failed with err, for want of descriptors
 * or memory?  Otherwise it would be taken for the name that the copy is to have.
 */
static bool is_dir_all_the_same(const char *path, int err)
{
	struct stat st;

	return err != ENOENT && err != ENOTDIR && RETRY(stat(path, &st)) == 0 && S_ISDIR(st.st_mode);
}

static void check_count(const struct options *o)
{
	int n = o->noperands;

	if (n == 0) {
		report_error(0, "missing file operand");
		report_usage_error();
	}
	if (n == 1 && !o->target_dir) {
		report_error(0, "missing destination file operand after %s",
			     report_quote(0, o->operands[0]));
		report_usage_error();
	}
	if (o->no_target_dir && o->target_dir) {
		report_error(0, "cannot combine --target-directory (-t) and "
				"--no-target-directory (-T)");
		report_exit();
	}
	if (o->no_target_dir && n > 2) {
		report_error(0, "extra operand %s", report_quote(0, o->operands[2]));
		report_usage_error();
	}
}

/* Is the directory of dst there?  Says so if it is something else. */
static enum { DIR_MISSING, DIR_THERE, DIR_NOT } look_at_parent(const char *dst)
{
	char *parent = dir_name(dst);
	struct stat st;
	int r = RETRY(stat(parent, &st));

	if (r == 0 && !S_ISDIR(st.st_mode))
		report_error_about(&(struct report_about){ .op = OP_CHECK, .dst = parent }, 0,
				   "%s exists but is not a directory", report_quote(0, parent));
	free(parent);
	return r < 0 ? DIR_MISSING : S_ISDIR(st.st_mode) ? DIR_THERE : DIR_NOT;
}

/* src, whose path without slashes at its end is path, where directories are missing */
static void make_parents_and_copy(struct context *c, const char *target, const char *src,
				  const char *path)
{
	const char *name;
	struct dir *dir = parents_make(c, target, path, &name);

	if (!dir)
		return;
	copy_operand(c, dir, src + (name - path), name);
	dir_put(dir);
	/* A directory's end may close it to the next operand. */
	if (c->opts->attrs)
		context_drain(c);
}

/* With --parents: src into target, by its whole path. */
static void copy_with_parents(struct context *c, const char *target, const char *src)
{
	char *path = xstrdup(src);

	/* What leads to it may be what an earlier directory becomes. */
	if (dirset_any(&c->operand_dirs))
		context_drain(c);
	strip_trailing_slashes(path);
	char *dst = file_name_concat(target, path + strspn(path, "/"), NULL);
	switch (look_at_parent(dst)) {
	case DIR_THERE:
		copy_operand(c, &c->cwd, src, dst);
		break;
	case DIR_MISSING:
		make_parents_and_copy(c, target, src, path);
		break;
	case DIR_NOT:
		break;
	}
	free(dst);
	free(path);
}

static void copy_into(struct context *c, const char *target, char *const *sources, int n)
{
	c->into_dir = true;
	if (n > 1 && RETRY(stat(target, &c->target)) == 0) {
		c->sources = names_new();
		c->targets = names_new();
	}
	for (int i = 0; i < n; i++)
		if (c->opts->strip_slashes)
			strip_trailing_slashes(sources[i]);
	progress_sources(sources, n);
	for (int i = 0; i < n; i++) {
		if (c->opts->parents) {
			copy_with_parents(c, target, sources[i]);
			continue;
		}
		char *dst = name_in(target, sources[i]);
		copy_operand(c, &c->cwd, sources[i], dst);
		free(dst);
	}
}

/* With -f and --backup a file that is copied onto itself becomes its own backup. */
static bool becomes_own_backup(const struct options *o, const char *src, const char *dst)
{
	struct stat st;

	return o->force && o->backup != no_backups && !strcmp(src, dst) &&
	       RETRY(stat(dst, &st)) == 0 && S_ISREG(st.st_mode);
}

static void copy_to_name(struct context *c, const char *src, const char *dst)
{
	static struct options without_backup;

	if (c->opts->parents) {
		report_error(0, "with --parents, the destination must be a directory");
		report_usage_error();
	}
	progress_sources(c->opts->operands, 1);
	if (!becomes_own_backup(c->opts, src, dst)) {
		copy_operand(c, &c->cwd, src, dst);
		return;
	}
	char *backup = find_backup_file_name(AT_FDCWD, dst, c->opts->backup);
	without_backup = *c->opts;
	without_backup.backup = no_backups;
	c->opts = c->dirs.opts = &without_backup;
	copy_operand(c, &c->cwd, src, backup);
	free(backup);
}

void target_copy_operands(struct context *c)
{
	const struct options *o = c->opts;
	const char *dir = o->target_dir;
	int n = o->noperands, err;

	check_count(o);
	if (dir && (err = check_dir(dir))) {
		report_error(err, "target directory %s", report_quote(0, dir));
		return;
	}
	if (!dir && !o->no_target_dir) {
		err = check_dir(o->operands[n - 1]);
		if (!err)
			dir = o->operands[--n];
		else if (n > 2 || is_dir_all_the_same(o->operands[n - 1], err)) {
			report_error(err, "target %s", report_quote(0, o->operands[n - 1]));
			return;
		}
	}
	if (dir)
		copy_into(c, dir, o->operands, n);
	else
		copy_to_name(c, o->operands[0], o->operands[1]);
}
