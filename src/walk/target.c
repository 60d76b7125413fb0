/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the last operand, or -t, is a directory to copy into or a name to
 * give; that decides the destination's name of each source.  Then each operand
 * is an entry of the directory "cwd", whose names are paths.
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
#include "copy/context.h"
#include "dirname.h"
#include "filenamecat.h"
#include "report/report.h"
#include "tree/dir.h"
#include "walk/operand.h"
#include "walk/parents.h"
#include "watch/progress.h"
#include "xalloc.h"

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
	operand_copy(c, dir, src + (name - path), name);
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
		operand_copy(c, &c->cwd, src, dst);
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
		operand_copy(c, &c->cwd, sources[i], dst);
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
		operand_copy(c, &c->cwd, src, dst);
		return;
	}
	char *backup = find_backup_file_name(AT_FDCWD, dst, c->opts->backup);
	without_backup = *c->opts;
	without_backup.backup = no_backups;
	c->opts = c->dirs.opts = &without_backup;
	operand_copy(c, &c->cwd, src, backup);
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
