/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the last operand, or that of -t, is a directory to copy into or the name of the
 * copy.  That decides the name of each destination.  Then each operand is an entry of the
 * directory c->cwd, whose names are paths; or, with --parents, of the innermost directory
 * that leads to it.
 */
#include <config.h>

#include "walk/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/options.h"
#include "base/retry.h"
#include "base/stop.h"
#include "copy/context.h"
#include "dirname.h"
#include "filenamecat.h"
#include "report/output.h"
#include "report/quote.h"
#include "report/report.h"
#include "tree/dirrefs.h"
#include "walk/operand.h"
#include "walk/parents.h"
#include "xalloc.h"

/* --------------------------------------------------- what the operands mean */

/* Exits with cp's message if the number of operands does not fit the options. */
static void check_count(const struct options *o)
{
	int n = o->noperands;

	if (n == 0) {
		report_error(0, "missing file operand");
		output_usage_error();
	}
	if (n == 1 && !o->target_dir) {
		report_error(0, "missing destination file operand after %s",
			     quote_always(0, o->operands[0]));
		output_usage_error();
	}
	if (o->no_target_dir && o->target_dir) {
		report_error(0, "cannot combine --target-directory (-t) and "
				"--no-target-directory (-T)");
		output_exit();
	}
	if (o->no_target_dir && n > 2) {
		report_error(0, "extra operand %s", quote_always(0, o->operands[2]));
		output_usage_error();
	}
}

/* Returns 0 if path is a directory that can be searched, else an errno value. */
static int check_dir(const char *path)
{
	int fd = RETRY(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/*
 * Returns true if path, which could not be opened because of err, is a directory all the
 * same: descriptors or memory were short.  It is then not taken for the name of the copy.
 */
static bool is_unopened_dir(const char *path, int err)
{
	struct stat st;

	return err != ENOENT && err != ENOTDIR && RETRY(stat(path, &st)) == 0 &&
	       S_ISDIR(st.st_mode);
}

/*
 * Find the directory to copy into: *ret_dir, or NULL if the last operand is the name of the
 * copy.  *ret_nsources is how many operands are sources.  Returns false if there is no such
 * directory, which has been reported.
 */
static bool find_target(const struct options *o, const char **ret_dir, int *ret_nsources)
{
	const char *last = o->operands[o->noperands - 1];
	int err;

	*ret_dir = o->target_dir;
	*ret_nsources = o->noperands;
	if (o->target_dir) {
		err = check_dir(o->target_dir);
		if (err)
			report_error(err, "target directory %s", quote_always(0, o->target_dir));
		return !err;
	}
	*ret_nsources = o->noperands - 1;
	if (o->no_target_dir)
		return true;
	err = check_dir(last);
	if (!err) {
		*ret_dir = last;
	} else if (o->noperands > 2 || is_unopened_dir(last, err)) {
		report_error(err, "target %s", quote_always(0, last));
		return false;
	}
	return true;
}

/* ------------------------------------------------------- into a directory */

/* Returns the name of src in the directory target; the caller frees it. */
static char *name_in(const char *target, const char *src)
{
	char *base = xstrdup(last_component(src));

	strip_trailing_slashes(base);
	/* "dir/.." is copied into target, not beside it. */
	char *dst = file_name_concat(target, base + !strcmp(base, ".."), NULL);
	free(base);
	return dst;
}

enum parent_state { PARENT_MISSING, PARENT_EXISTS, PARENT_NO_DIR };

/* Returns what the parent directory of dst is; PARENT_NO_DIR has been reported. */
static enum parent_state check_parent(const char *dst)
{
	enum parent_state state = PARENT_EXISTS;
	char *parent = dir_name(dst);
	struct stat st;

	if (RETRY(stat(parent, &st)) < 0) {
		state = PARENT_MISSING;
	} else if (!S_ISDIR(st.st_mode)) {
		state = PARENT_NO_DIR;
		report_error_about(&(struct report_about){ .op = OP_CHECK, .dst = parent }, 0,
				   "%s exists but is not a directory", quote_always(0, parent));
	}
	free(parent);
	return state;
}

/*
 * Make the missing directories that lead to src below target, and copy src into the last.
 * path is src without the slashes at its end; dst is the destination's full name.
 */
static void make_parents_and_copy(struct operands *all, const char *target, const char *src,
				  const char *path, const char *dst)
{
	struct parents parents;

	if (!parents_make(all->c, target, path, &parents)) {
		if (!parents.left_out)
			operand_failed(all, src, dst);
		return;
	}
	operand_copy(all, parents.dir, src + (parents.name - path), parents.name);
	dir_put(parents.dir);
	/* As with cp these directories are complete before the next operand is copied. */
	if (all->c->opts->attrs)
		context_drain(all->c);
}

/* With --parents: copy src into target by its whole path. */
static void copy_with_parents(struct operands *all, const char *target, const char *src)
{
	/* What leads to src may be what an earlier directory becomes. */
	if (dirset_any(&all->c->operand_dirs))
		context_drain(all->c);
	if (stop_asked()) {
		stop_leave_out();
		return;
	}
	char *path = xstrdup(src);
	strip_trailing_slashes(path);
	char *dst = file_name_concat(target, path + strspn(path, "/"), NULL);
	switch (check_parent(dst)) {
	case PARENT_EXISTS:
		operand_copy(all, &all->c->cwd, src, dst);
		break;
	case PARENT_MISSING:
		make_parents_and_copy(all, target, src, path, dst);
		break;
	case PARENT_NO_DIR:
		operand_failed(all, src, dst);
		break;
	}
	free(dst);
	free(path);
}

static void copy_by_name(struct operands *all, const char *target, const char *src)
{
	char *dst = name_in(target, src);

	operand_copy(all, &all->c->cwd, src, dst);
	free(dst);
}

static void copy_into(struct context *c, const char *target, char *const *sources, int n)
{
	struct operands all;

	c->into_dir = true;
	if (n > 1)
		operands_init_several(&all, c, target);
	else
		operands_init_single(&all, c);
	for (int i = 0; i < n; i++)
		if (c->opts->strip_slashes)
			strip_trailing_slashes(sources[i]);
	for (int i = 0; i < n; i++) {
		if (c->opts->parents)
			copy_with_parents(&all, target, sources[i]);
		else
			copy_by_name(&all, target, sources[i]);
	}
	operands_fini(&all);
}

/* --------------------------------------------------------------- to a name */

/* Returns true if src is copied onto itself and, with -f and --backup, becomes a backup. */
static bool becomes_own_backup(const struct options *o, const char *src, const char *dst)
{
	struct stat st;

	return o->force && o->backup != no_backups && !strcmp(src, dst) &&
	       RETRY(stat(dst, &st)) == 0 && S_ISREG(st.st_mode);
}

static void copy_to_name(struct context *c, const char *src, const char *dst)
{
	static struct options without_backup;
	struct operands all;
	char *backup = NULL;

	if (c->opts->parents) {
		report_error(0, "with --parents, the destination must be a directory");
		output_usage_error();
	}
	if (becomes_own_backup(c->opts, src, dst)) {
		backup = find_backup_file_name(AT_FDCWD, dst, c->opts->backup);
		without_backup = *c->opts;
		without_backup.backup = no_backups;
		c->opts = &without_backup;
	}
	operands_init_single(&all, c);
	operand_copy(&all, &c->cwd, src, backup ? backup : dst);
	operands_fini(&all);
	free(backup);
}

void target_copy_operands(struct context *c)
{
	const struct options *o = c->opts;
	const char *dir;
	int n;

	check_count(o);
	if (!find_target(o, &dir, &n))
		return;
	c->operands = o->operands;
	c->noperands = n;
	if (dir)
		copy_into(c, dir, o->operands, n);
	else
		copy_to_name(c, o->operands[0], o->operands[1]);
}
