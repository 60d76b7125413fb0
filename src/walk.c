/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a walker is one fts stream over one subtree.  It gives a subdirectory
 * away, instead of entering it, when somebody is free to walk it; so the
 * walkers are in different directories, where they do not fight for locks.
 *
 * Where there are no subdirectories to give, files are: a run of consecutive ones
 * of one directory at a time, so that a wake-up serves many.
 *
 * A subtree that is given away is a name in a directory, with a reference on
 * that, and nothing more: whoever gets it makes its directory.  It is complete
 * when its references are gone, like any directory.
 *
 * fts gives each directory twice, before (FTS_D) and after (one of FTS_DP,
 * FTS_DNR, FTS_ERR) what is in it.  Between the two its struct dir stands in
 * fts_pointer, where the entries find it as their parent's, and the walker has
 * a reference on it.  A directory that is left out, or given away, keeps a NULL.
 *
 * A stream begins in the directory of its subtree's name: fts keeps the descriptor
 * of where it is in fts_cwd_fd (FTS_CWDFD), which is set to that.  So no path is
 * walked twice, nothing swapped in on the way is followed, and depth does not
 * matter.  Not sorted, so that a huge directory is read in parts; unless files are to be
 * copied in cp's order, one after the other.
 *
 * Where symlinks are followed, one that leads to a directory is a subtree of its
 * own, with a stream of its own: fts can follow them only by way of paths.
 *
 * No stat where d_type tells enough: only where names of one inode are to be
 * found must each entry be looked at.
 *
 * The directory whose entries come is in use for as long as they do: no lock is
 * taken for a file.
 */
#include <config.h>

#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "complain.h"
#include "copy.h"
#include "enter.h"
#include "fts_.h"
#include "options.h"
#include "outcome.h"
#include "report.h"
#include "run.h"
#include "stop.h"
#include "xalloc.h"

/* A part of the tree, for another walker */
struct subtree {
	struct chore chore;
	struct copy *c;
	struct walk_root *root;
	struct dir *parent;		/* a reference; NULL: dir is made already */
	struct dir *dir;		/* a reference */
	char *name;			/* in parent */
	struct stat st;
};

/* Files in a run: their copies take a hundred times as long as a wake-up */
#define RUN 64

/* Files of one directory, for another walker */
struct run {
	struct chore chore;
	struct copy *c;
	struct walk_root *root;
	struct dir *dir;		/* a reference */
	bool has_stat;			/* st of the files is filled in */
	unsigned int n;
	struct run_file {
		char *name;
		mode_t type;		/* S_IFMT bits */
		struct stat st;
	} files[RUN];
};

struct walker {
	struct copy *c;
	struct walk_root *root;
	FTS *fts;
	struct dir *at;			/* in use: where the last entry was */
	struct run *run;		/* being collected; NULL: none */
};

/*
 * Be in d, for its entries; hint as for dir_use().  False: it can't be used, which
 * has been reported.
 */
static bool go_to_by(struct walker *w, struct dir *d, int hint)
{
	if (w->at == d)
		return true;
	struct dir *left = w->at;
	w->at = NULL;
	/* First the new one: the way to it is then open more often than not. */
	bool ok = dir_use(d, hint);
	if (left)
		dir_release(left);
	if (ok)
		w->at = d;
	return ok;
}

static bool go_to(struct walker *w, struct dir *d)
{
	return go_to_by(w, d, -1);
}

static void go_nowhere(struct walker *w)
{
	if (w->at)
		dir_release(w->at);
	w->at = NULL;
}

/* --------------------------------------------------------- directories */

static void leave(struct walker *w, FTSENT *ent)
{
	struct dir *d = ent->fts_pointer;

	ent->fts_pointer = NULL;
	if (!d)
		return;
	if (w->at == d)
		go_nowhere(w);
	dir_put(d);
}

/* ------------------------------------------------------------- subtrees */

static void walk(struct walker *w, struct dir *top);

static void walk_subtree(struct chore *chore)
{
	struct subtree *s = (struct subtree *)((char *)chore - offsetof(struct subtree, chore));
	struct walker w = { .c = s->c, .root = s->root };
	struct dir *top = s->dir;

	if (!top && go_to(&w, s->parent)) {
		const struct entry e = {
			.dir = s->parent, .src = s->name, .dst = s->name, .type = S_IFDIR, .st = &s->st,
		};
		top = enter_dir(w.c, w.root, &e);
	}
	go_nowhere(&w);
	if (s->parent)
		dir_put(s->parent);
	if (top)
		walk(&w, top);
	free(s->name);
	free(s);
}

/* Have somebody else walk parent/name; or dir, which is made.  False: nobody can. */
static bool give_away(const struct walker *w, struct dir *parent, struct dir *dir,
		      const char *name, const struct stat *st)
{
	struct subtree *s = xmalloc(sizeof *s);

	*s = (struct subtree){
		.chore.run = walk_subtree, .c = w->c, .root = w->root, .dir = dir,
		.parent = parent ? dir_get(parent) : NULL,
		.name = name ? xstrdup(name) : NULL, .st = *st,
	};
	if (crew_give(&w->c->crew, &s->chore))
		return true;
	if (parent)
		dir_put(parent);
	free(s->name);
	free(s);
	return false;
}

/* ----------------------------------------------------------------- runs */

static void copy_run(struct chore *chore)
{
	struct run *run = (struct run *)((char *)chore - offsetof(struct run, chore));
	struct walker w = { .c = run->c, .root = run->root };
	bool ok = go_to(&w, run->dir);

	for (unsigned int i = 0; i < run->n; i++) {
		struct run_file *f = &run->files[i];
		const struct entry e = {
			.dir = run->dir, .src = f->name, .dst = f->name, .type = f->type,
			.st = run->has_stat ? &f->st : NULL,
		};
		if (ok)
			copy_entry(run->c, &e);
		free(f->name);
	}
	go_nowhere(&w);
	dir_put(run->dir);
	free(run);
}

/* Have somebody else copy the run that has been collected, if any. */
static void give_run(struct walker *w)
{
	struct run *run = w->run;

	w->run = NULL;
	if (run && !crew_give(&w->c->crew, &run->chore))
		copy_run(&run->chore);
}

/* Put e into a run for somebody else.  False: nobody is free. */
static bool add_to_run(struct walker *w, const struct entry *e)
{
	struct run *run = w->run;

	if (!run && !run_wants_help(w->c))
		return false;
	if (!run) {
		run = w->run = xmalloc(sizeof *run);
		run->chore.run = copy_run;
		run->c = w->c;
		run->root = w->root;
		run->dir = dir_get(e->dir);
		run->has_stat = e->st;
		run->n = 0;
	}
	struct run_file *f = &run->files[run->n++];
	f->name = xstrdup(e->src);
	f->type = e->type;
	if (e->st)
		f->st = *e->st;
	if (run->n == RUN)
		give_run(w);
	return true;
}

/* -------------------------------------------------------------- entries */

static struct dir *dir_of(const FTSENT *ent)
{
	return ent->fts_parent->fts_pointer;
}

static struct entry entry_of(const FTSENT *ent)
{
	return (struct entry){
		.dir = dir_of(ent),
		.src = ent->fts_name, .dst = ent->fts_name,
		.type = ent->fts_statp->st_mode & S_IFMT,
		.st = ent->fts_info == FTS_NSOK ? NULL : ent->fts_statp,
	};
}

/* Is e, a directory, the root of another file system, which is not to be entered? */
static bool crosses(const struct walker *w, const struct entry *e)
{
	return w->c->opts->one_file_system && e->st->st_dev != e->dir->st.st_dev;
}

/* Walk e, a directory that this stream does not enter: a symlink leads there. */
static void walk_aside(struct walker *w, const struct entry *e)
{
	struct walker aside = { .c = w->c, .root = w->root };
	struct dir *d = enter_dir(w->c, w->root, e);

	if (d && crosses(w, e))
		dir_put(d);
	else if (d && !(run_wants_walker(w->c) && give_away(w, NULL, d, NULL, e->st)))
		walk(&aside, d);
}

/* -L: copy what the symlink e leads to. */
static void visit_link(struct walker *w, const struct entry *e)
{
	struct entry end = *e;
	struct stat st;

	if (fstatat(dir_src_fd(e->dir), e->src, &st, 0) < 0) {
		complain_src(e, OP_LOOK, errno, "cannot stat %s");
		outcome(e, OUTCOME_FAILED, NULL);
		return;
	}
	end.st = &st;
	end.type = st.st_mode & S_IFMT;
	if (S_ISDIR(end.type))
		walk_aside(w, &end);
	else
		copy_entry(w->c, &end);
}

/* Enter e with this stream; or only make it, or let somebody else do it. */
static void visit_dir(struct walker *w, FTSENT *ent, const struct entry *e)
{
	if (crosses(w, e)) {
		struct dir *d = enter_dir(w->c, w->root, e);

		if (d)
			dir_put(d);
	} else if (!run_wants_walker(w->c) || !give_away(w, e->dir, NULL, e->src, e->st)) {
		ent->fts_pointer = enter_dir(w->c, w->root, e);
	}
	if (!ent->fts_pointer)
		fts_set(w->fts, ent, FTS_SKIP);
}

static void visit(struct walker *w, FTSENT *ent)
{
	struct entry e = entry_of(ent);
	bool is_dir = ent->fts_info == FTS_D;

	if (w->run && (w->run->dir != e.dir || is_dir))
		give_run(w);
	if (!go_to_by(w, e.dir, w->fts->fts_cwd_fd)) {
		/* Refused, like each of its entries: that has been reported. */
		if (is_dir)
			fts_set(w->fts, ent, FTS_SKIP);
		return;
	}
	if (is_dir)
		visit_dir(w, ent, &e);
	else if (S_ISLNK(e.type) && w->c->opts->follow == FOLLOW_ALWAYS)
		visit_link(w, &e);
	else if (!add_to_run(w, &e))
		copy_entry(w->c, &e);
}

/* Of the source name in d, "" for d itself, which is not read, or not all of it */
static void report(const struct dir *d, const char *name, enum report_op op, int err,
		   const char *message)
{
	char *path = dir_src_path(d, name);

	report_error_about(&(struct report_about){ .op = op, .src = path }, err, message,
			   report_quote(0, path));
	/* A directory has been counted when it was made. */
	if (*name)
		outcome_failed(path);
	else
		report_failed_source(path);
	free(path);
}

static void report_entry(const FTSENT *ent, enum report_op op, int err, const char *message)
{
	const struct dir *own = ent->fts_pointer;

	report(own ? own : dir_of(ent), own ? "" : ent->fts_name, op, err, message);
}

static void dispatch(struct walker *w, FTSENT *ent)
{
	switch (ent->fts_info) {
	case FTS_DP:
		leave(w, ent);
		break;
	case FTS_DNR:
	case FTS_ERR:
		report_entry(ent, OP_READ, ent->fts_errno, "cannot access %s");
		leave(w, ent);
		break;
	case FTS_NS:
		report_entry(ent, OP_LOOK, ent->fts_errno, "cannot stat %s");
		break;
	case FTS_DC:
		report_entry(ent, OP_CHECK, 0, "cannot copy cyclic symbolic link %s");
		break;
	default:
		visit(w, ent);
	}
}

/* In this order cp reads a directory, whatever order the directory has. */
static int by_inode(const FTSENT **a, const FTSENT **b)
{
	ino_t x = (*a)->fts_statp->st_ino, y = (*b)->fts_statp->st_ino;

	return (x > y) - (x < y);
}

/* A stream that begins at top; its parent is in use.  Its first entry is top itself. */
static bool open_stream(struct walker *w, struct dir *top)
{
	char *const roots[] = { (char *)top->src_name, NULL };
	int options = FTS_CWDFD | FTS_PHYSICAL | (top->follow_src ? FTS_COMFOLLOW : 0) |
		      (w->c->opts->keep_links ? 0 : FTS_NOSTAT);
	int at = dir_src_fd(top->parent);

	/* fts has the process's own directory in AT_FDCWD, and closes any other. */
	if (at != AT_FDCWD && (at = fcntl(at, F_DUPFD_CLOEXEC, 3)) < 0)
		return false;
	w->fts = fts_open(roots, options, w->c->in_order ? by_inode : NULL);
	if (w->fts) {
		/* It has looked for the name where it is not; we know what it is. */
		FTSENT *first = w->fts->fts_cur->fts_link;

		first->fts_info = FTS_D;
		first->fts_errno = 0;
		*first->fts_statp = top->st;
		/* Spare it asking whether the file system counts subdirectories here. */
		first->fts_statp->st_nlink = 1;
		first->fts_pointer = top;
	}
	if (!w->fts || !fts_read(w->fts)) {
		int err = errno;

		if (at >= 0)
			close(at);
		errno = err;
		return false;
	}
	w->fts->fts_cwd_fd = at;
	return true;
}

/* The walk ends at ent, NULL if it is over anyway: leave what it is still in. */
static void leave_all(struct walker *w, FTSENT *ent)
{
	if (ent)
		stop_leave_out();
	for (; ent && ent->fts_level >= FTS_ROOTLEVEL; ent = ent->fts_parent)
		leave(w, ent);
}

/* Walk top, and drop the reference on it. */
static void walk(struct walker *w, struct dir *top)
{
	FTSENT *ent;

	/* Its name is needed even when the reference is gone. */
	dir_hold(top);
	if (!go_to(w, top->parent)) {
		dir_put(top);
	} else if (!open_stream(w, top)) {
		report(top, "", OP_READ, errno, "cannot access %s");
		dir_put(top);
	} else {
		while (errno = 0, !stop_asked() && (ent = fts_read(w->fts)))
			dispatch(w, ent);
		if (errno)
			report(top, "", OP_READ, errno, "cannot read all of %s");
		leave_all(w, w->fts->fts_cur);
	}
	give_run(w);
	go_nowhere(w);
	/* Nothing but descriptors that were read from: no result can be lost. */
	if (w->fts && fts_close(w->fts) < 0 && errno != EINTR)
		report(top, "", OP_READ, errno, "cannot close %s");
	w->fts = NULL;
	dir_unhold(top);
}

/* ------------------------------------------------------------- operands */

bool walk_tree(struct copy *c, const struct entry *e)
{
	struct walk_root *root = xzalloc(sizeof *root);
	struct walker w = { .c = c, .root = root };

	*root = (struct walk_root){
		.next = c->roots, .src = dir_src_path(e->dir, e->src),
		.dst = dir_dst_path(e->dir, e->dst),
		.number = c->operand,
	};
	c->roots = root;
	struct dir *top = go_to(&w, e->dir) ? enter_dir(c, root, e) : NULL;
	go_nowhere(&w);
	run_wants_walker(c);
	if (top && !give_away(&w, NULL, top, NULL, e->st))
		walk(&w, top);
	return top;
}

void walk_free_roots(struct copy *c)
{
	for (struct walk_root *r = c->roots, *next; r; r = next) {
		next = r->next;
		free(r->src);
		free(r->dst);
		free(r);
	}
	c->roots = NULL;
}
