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

#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copy.h"
#include "dirname.h"
#include "filenamecat.h"
#include "hash.h"
#include "hash-pjw.h"
#include "options.h"
#include "report.h"
#include "run.h"
#include "same-inode.h"
#include "walk.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* ----------------------------------------------------- operands seen so far */

static bool same_name(const void *a, const void *b)
{
	return !strcmp(a, b);
}

static struct hash_table *new_set(void)
{
	struct hash_table *t = hash_initialize(61, NULL, hash_pjw, same_name, free);

	if (!t)
		xalloc_die();
	return t;
}

/* False if it was there already. */
static bool add(struct hash_table *set, const char *name)
{
	char *entry = xstrdup(name);

	switch (hash_insert_if_absent(set, entry, NULL)) {
	case -1:
		xalloc_die();
	case 0:
		free(entry);
		return false;
	}
	return true;
}

/* ------------------------------------------------------------ one operand */

/* Would dst be written through a symlink that this run has made?  Says so. */
static bool through_new_symlink(const struct entry *e)
{
	struct stat st;

	/* A symlink is not written through but replaced, if at all. */
	if (S_ISLNK(e->type) ||
	    fstatat(AT_FDCWD, e->dst, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(st.st_mode))
		return false;
	report_error(0, "will not copy %s through just-created symlink %s",
		     report_quote(0, e->src), report_quote(1, e->dst));
	return true;
}

/* Has this directory been copied to the same name already? */
static bool seen_dir(struct hash_table *seen, const struct stat *st, const char *dst)
{
	char *key = xasprintf("%ju:%ju/%s", (uintmax_t)st->st_dev, (uintmax_t)st->st_ino, dst);
	bool known = !add(seen, key);

	free(key);
	return known;
}

/* Is src within a directory that this run has made? */
static bool in_made_dir(struct copy *c, const char *src)
{
	int fd = open(src, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st, below = { .st_ino = 0 };
	bool made = false;

	/* Upwards to the root, which is its own parent. */
	while (!made && fd >= 0 && fstat(fd, &st) == 0 && !SAME_INODE(st, below)) {
		made = made_find(&c->made, &st);
		below = st;
		int up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = up;
	}
	if (fd >= 0)
		close(fd);
	return made || fd < 0;
}

/* May e's copy, which is a directory's, meet what an earlier operand makes? */
static bool depends_on_earlier(struct copy *c, const struct entry *e)
{
	bool merged = c->merged;
	struct stat dst;

	if (fstatat(AT_FDCWD, e->dst, &dst, AT_SYMLINK_NOFOLLOW) == 0)
		c->merged = true;
	return merged || c->merged || (made_any(&c->made) && in_made_dir(c, e->src));
}

/* An operand may be what an earlier one makes. */
static int stat_operand(struct copy *c, const char *src, struct stat *ret)
{
	int flags = c->opts->follow == FOLLOW_NEVER ? AT_SYMLINK_NOFOLLOW : 0;
	int r = fstatat(AT_FDCWD, src, ret, flags);

	if (r < 0 && errno == ENOENT) {
		run_drain(c);
		r = fstatat(AT_FDCWD, src, ret, flags);
	}
	return r;
}

static void copy_operand(struct copy *c, const char *src, const char *dst)
{
	struct stat st;
	struct entry e = { .dir = &c->cwd, .src = src, .dst = dst, .st = &st, .operand = true };

	if (stat_operand(c, src, &st) < 0) {
		report_error(errno, "cannot stat %s", report_quote(0, src));
		return;
	}
	e.type = st.st_mode & S_IFMT;
	if (S_ISDIR(e.type) && !c->opts->recursive) {
		report_error(0, "-r not specified; omitting directory %s", report_quote(0, src));
		return;
	}
	if (!S_ISDIR(e.type) && c->sources && !add(c->sources, src)) {
		report_warning("warning: source file %s specified more than once",
			       report_quote(0, src));
		return;
	}
	if (S_ISDIR(e.type)) {
		if (c->sources && seen_dir(c->sources, &st, dst)) {
			report_warning("warning: source directory %s specified more than once",
				       report_quote(0, src));
			return;
		}
		if (depends_on_earlier(c, &e))
			run_drain(c);
		walk_tree(c, &e);
		return;
	}
	/* Of an inode's names the first is copied, so it must be known which that is. */
	if (c->opts->keep_links && st.st_nlink > 1)
		run_drain(c);
	if (c->targets && hash_lookup(c->targets, dst)) {
		/* What is there must be known for certain. */
		run_drain(c);
		if (through_new_symlink(&e))
			return;
	}
	copy_entry(c, &e);
	if (c->targets)
		add(c->targets, dst);
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
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void check_count(const struct options *o)
{
	int n = o->noperands;

	if (n == 0) {
		report_error(0, "missing file operand");
		options_usage_error();
	}
	if (n == 1 && !o->target_dir) {
		report_error(0, "missing destination file operand after %s",
			     report_quote(0, o->operands[0]));
		options_usage_error();
	}
	if (o->no_target_dir && o->target_dir) {
		report_error(0, "cannot combine --target-directory (-t) and "
				"--no-target-directory (-T)");
		exit(EXIT_FAILURE);
	}
	if (o->no_target_dir && n > 2) {
		report_error(0, "extra operand %s", report_quote(0, o->operands[2]));
		options_usage_error();
	}
}

void target_copy_operands(struct copy *c)
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
		else if (n > 2) {
			report_error(err, "target %s", report_quote(0, o->operands[n - 1]));
			return;
		}
	}
	if (!dir) {
		copy_operand(c, o->operands[0], o->operands[1]);
		return;
	}
	c->into_dir = true;
	if (n > 1) {
		c->sources = new_set();
		c->targets = new_set();
	}
	for (int i = 0; i < n; i++) {
		char *dst = name_in(dir, o->operands[i]);

		copy_operand(c, o->operands[i], dst);
		free(dst);
	}
}
