/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: operands are copied as if one after the other.  So a directory's copy begins
 * only when nothing is pending, if what it is merged into, or its source, may be
 * what an earlier operand makes.
 */
#include <config.h>

#include "walk/operand.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
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
#include "report/report.h"
#include "same-inode.h"
#include "tree/dir.h"
#include "walk/walk.h"
#include "xvasprintf.h"

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

void operand_copy(struct context *c, struct dir *dir, const char *src, const char *dst)
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
