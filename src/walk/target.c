/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the last operand, or that of -t, is a directory to copy into or the name of the
 * copy.  That decides the name of each destination.  Then each operand is an entry of the
 * directory c->target, whose names in the source are paths; or, with --parents, of the
 * innermost directory that leads to it.
 *
 * The directory to copy into, or that of the copy's name, is looked up once, and then known
 * by its descriptor: whoever can rename something on the way cannot lead later calls
 * elsewhere.
 */
#include <config.h>

#include "walk/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/language.h"
#include "base/names.h"
#include "base/options.h"
#include "base/retry.h"
#include "base/stop.h"
#include "copy/context.h"
#include "dirname.h"
#include "filenamecat.h"
#include "journal/journal.h"
#include "report/output.h"
#include "report/quote.h"
#include "report/report.h"
#include "tree/dir.h"
#include "tree/dirlist.h"
#include "tree/dirpath.h"
#include "tree/dirrefs.h"
#include "walk/guard.h"
#include "walk/named.h"
#include "walk/operand.h"
#include "walk/parents.h"
#include "walk/rounds.h"
#include "walk/select.h"
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

static int open_dir(const char *path)
{
	return RETRY(open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* From here on destinations are named in the directory fd, which is called name, on the heap. */
static void set_target(struct context *c, int fd, char *name)
{
	c->target_name = name;
	dir_init_top(&c->target, &c->dirs, fd, name);
	c->target.ledger = journal_top();
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
 * copy; *ret_fd is its descriptor, or -1.  *ret_nsources is how many operands are sources.
 * Returns false if there is no such directory, which has been reported.
 */
static bool find_target(const struct options *o, const char **ret_dir, int *ret_fd,
			int *ret_nsources)
{
	const char *last = o->operands[o->noperands - 1];

	*ret_dir = o->target_dir;
	*ret_fd = -1;
	*ret_nsources = o->noperands;
	if (o->target_dir) {
		*ret_fd = open_dir(o->target_dir);
		if (*ret_fd < 0)
			report_error(errno, "target directory %s", quote_always(0, o->target_dir));
		return *ret_fd >= 0;
	}
	*ret_nsources = o->noperands - 1;
	/* What an earlier run of this pass has made is the copy itself, and no place for one. */
	if (o->no_target_dir || journal_has_target(last))
		return true;
	*ret_fd = open_dir(last);
	int err = errno;
	if (*ret_fd >= 0) {
		*ret_dir = last;
	} else if (o->noperands > 2 || is_unopened_dir(last, err)) {
		report_error(err, "target %s", quote_always(0, last));
		return false;
	} else {
		journal_put_target(last);
	}
	return true;
}

/* ------------------------------------------------------- into a directory */

enum parent_state { PARENT_MISSING, PARENT_EXISTS, PARENT_NO_DIR };

/* Count src, which would be called path below the target, as failed. */
static void fail_below_target(struct operands *all, const char *src, const char *path)
{
	char *dst = dir_dst_path(&all->c->target, path + strspn(path, "/"));

	operand_failed(all, src, dst);
	free(dst);
}

/* Report that parent in the target is not what leads to an operand, or err if it is not 0. */
static void report_parent(const struct context *c, const char *parent, int err)
{
	char *dst = dir_dst_path(&c->target, parent);
	const struct report_about about = { .op = err ? OP_LOOK : OP_CHECK, .dst = dst };

	report_error_about(&about, err, err ? "cannot stat %s" :
			   "%s exists but is not a directory", quote_always(0, dst));
	free(dst);
}

/* Returns what the parent directory of name in the target is; PARENT_NO_DIR has been reported. */
static enum parent_state check_parent(const struct context *c, const char *name)
{
	char *parent = dir_name(name);
	struct stat st;
	int err = RETRY(fstatat(dir_dst_fd(&c->target), parent, &st, 0)) < 0 ? errno : 0;
	bool missing = names_lead_nowhere(err), is_dir = !err && S_ISDIR(st.st_mode);

	if (!missing && !is_dir)
		report_parent(c, parent, err);
	free(parent);
	return missing ? PARENT_MISSING : is_dir ? PARENT_EXISTS : PARENT_NO_DIR;
}

/*
 * Open the directories that lead to src below the target, or make those that are missing, and
 * copy src into the last.  path is src without the slashes at its end.
 */
static void open_parents_and_copy(struct operands *all, const char *src, const char *path,
				  bool missing)
{
	struct context *c = all->c;
	struct parents parents;

	if (!parents_open(c, path, missing, &parents)) {
		if (parents.left_out)
			operand_left_out(all, src);
		else
			fail_below_target(all, src, path);
		return;
	}
	/* In the target itself a source has the name that was given. */
	bool above = parents.dir == &c->target;
	operand_copy(all, parents.dir, above ? src : src + (parents.name - path), parents.name);
	dir_put(parents.dir);
	/* As with cp these directories are complete before the next operand is copied. */
	if (missing && c->opts->attrs)
		context_drain(c);
}

/* With --parents: copy src into the target by its whole path. */
static void copy_with_parents(struct operands *all, const char *src)
{
	/* What leads to src may be what an earlier directory becomes. */
	if (dirset_any(&all->c->operand_dirs))
		context_drain(all->c);
	if (stop_asked()) {
		operand_left_out(all, src);
		return;
	}
	char *path = xstrdup(src);
	strip_trailing_slashes(path);
	enum parent_state parent = check_parent(all->c, path + strspn(path, "/"));
	if (parent == PARENT_NO_DIR)
		fail_below_target(all, src, path);
	else
		open_parents_and_copy(all, src, path, parent == PARENT_MISSING);
	free(path);
}

/*
 * Returns the name that src is given when it is copied into target, on the heap, and *ret_dir,
 * where it has that name.
 */
static char *name_in_target(struct context *c, const char *target, const char *src,
			    struct dir **ret_dir)
{
	char *base = xstrdup(last_component(src)), *name;

	*ret_dir = &c->target;
	strip_trailing_slashes(base);
	if (*base) {
		/* "dir/.." is copied into target, not beside it. */
		name = xstrdup(base + !strcmp(base, ".."));
	} else {
		/* "/", which is merged into target, has no name in there. */
		*ret_dir = &c->cwd;
		name = file_name_concat(target, base, NULL);
	}
	free(base);
	return name;
}

static void copy_by_name(struct operands *all, const char *target, const char *src)
{
	struct dir *dir;
	char *name = name_in_target(all->c, target, src, &dir);

	operand_copy(all, dir, src, name);
	free(name);
}

/* Try again what has failed, of names that are listed. */
static void run_rounds(struct context *c)
{
	struct operands none;

	operands_init_single(&none, c);
	rounds_run(&none);
	operands_fini(&none);
}

/* Copy what is listed of the sources into target. */
static void copy_listed_into(struct context *c, const char *target, char *const *sources,
			     size_t n)
{
	struct named_source *named = xnmalloc(n, sizeof *named);

	for (size_t i = 0; i < n; i++) {
		named[i] = (struct named_source){ .src = sources[i] };
		if (!c->opts->parents)
			named[i].dst = name_in_target(c, target, sources[i], &named[i].dir);
	}
	named_copy(c, output_take_list(), named, n);
	run_rounds(c);
	for (size_t i = 0; i < n; i++)
		free(named[i].dst);
	free(named);
}

/* Returns true if a rule leaves out the operand src by its name. */
static bool is_left_out(const struct options *o, const char *src)
{
	bool excluded = select_excludes(o, src);

	if (excluded && o->explain)
		select_explain(o, N_("leave out %s: %s\n"), src, src, NULL);
	return excluded;
}

/* Copy the sources into target, which is open as fd. */
static void copy_into(struct context *c, const char *target, int fd, char *const *sources, int n)
{
	char *name = xstrdup(target);
	struct operands all;

	c->into_dir = true;
	strip_trailing_slashes(name);
	set_target(c, fd, name);
	if (c->opts->files_from) {
		copy_listed_into(c, target, sources, n);
		return;
	}
	if (n == 1) {
		operands_init_single(&all, c);
	} else if (!operands_init_several(&all, c)) {
		report_error(errno, "target %s", quote_always(0, target));
		return;
	}
	for (int i = 0; i < n; i++) {
		if (is_left_out(c->opts, sources[i]))
			continue;
		if (c->opts->parents)
			copy_with_parents(&all, sources[i]);
		else
			copy_by_name(&all, target, sources[i]);
	}
	rounds_run(&all);
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

/*
 * Make the directory of dst the target, if dst has one in its name and it can be opened.
 * Returns the name of dst in the target.
 */
static const char *name_in_its_dir(struct context *c, const char *dst)
{
	const char *base = last_component(dst);

	if (base == dst || !*base)
		return dst;
	char *dir = ximemdup0(dst, base - dst);
	int fd = open_dir(dir);
	if (fd < 0) {
		free(dir);
		return dst;
	}
	set_target(c, fd, dir);
	return base;
}

/* Copy what is listed of src, which becomes dst. */
static void copy_listed_to_name(struct context *c, const char *src, const char *dst)
{
	char *name = xstrdup(name_in_its_dir(c, dst));
	struct named_source named = { .src = src, .dir = &c->target, .dst = name };

	named_copy(c, output_take_list(), &named, 1);
	run_rounds(c);
	free(name);
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
	if (c->opts->files_from) {
		copy_listed_to_name(c, src, dst);
		return;
	}
	if (is_left_out(c->opts, src))
		return;
	if (becomes_own_backup(c->opts, src, dst)) {
		backup = find_backup_file_name(AT_FDCWD, dst, c->opts->backup);
		without_backup = *c->opts;
		without_backup.backup = no_backups;
		c->opts = &without_backup;
	}
	operands_init_single(&all, c);
	operand_copy(&all, &c->target, src, name_in_its_dir(c, backup ? backup : dst));
	rounds_run(&all);
	operands_fini(&all);
	free(backup);
}

void target_copy_operands(struct context *c)
{
	const struct options *o = c->opts;
	const char *dir;
	int fd, n;

	check_count(o);
	if (!find_target(o, &dir, &fd, &n))
		return;
	for (int i = 0; i < n && o->strip_slashes; i++)
		if (dir)
			strip_trailing_slashes(o->operands[i]);
	c->operands = o->operands;
	c->noperands = n;
	if (o->delete && !guard_allows(o, n, dir, fd)) {
		if (fd >= 0)
			close(fd);
		return;
	}
	dirlist_init(o->operands, n);
	if (dir)
		copy_into(c, dir, fd, o->operands, n);
	else
		copy_to_name(c, o->operands[0], o->operands[1]);
}
