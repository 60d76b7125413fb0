/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a walker is one fts stream over one subtree, and has no state but its
 * own, so that there may be more of them.
 *
 * fts gives each directory twice, before (FTS_D) and after (one of FTS_DP,
 * FTS_DNR, FTS_ERR) what is in it.  Between the two its struct dir stands in
 * fts_pointer, where the entries find it as their parent's, and the walker has
 * a reference on it.  A directory that is left out keeps a NULL there.
 *
 * No stat where d_type tells enough: only where names of one inode are to be
 * found must each entry be looked at.  fts keeps to descriptors (FTS_CWDFD), so
 * depth does not matter, and does not sort, so that a huge directory is read in
 * parts.
 */
#include <config.h>

#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copy.h"
#include "fts_.h"
#include "options.h"
#include "report.h"
#include "same.h"

struct walker {
	struct copy *c;
	const struct entry *root;
	FTS *fts;
	bool met_itself;	/* and has said so */
};

/* --------------------------------------------------------- directories */

/*
 * What mkdir(2) is to be asked for, and in d what is then left to do at the
 * end: the owner needs all rights meanwhile, and nobody else may write.
 */
static mode_t first_mode(const struct copy *c, struct dir *d)
{
	mode_t want = d->st.st_mode & 01777;

	/* As with cp a sticky bit is there from the start, whoever owns the copy. */
	if (c->opts->attrs)
		return S_IRWXU | (want & S_ISVTX);
	d->drop_mode = S_IRWXU & ~(want & ~c->umask);
	d->add_mode = want & (S_IWGRP | S_IWOTH) & ~c->umask;
	return (want | S_IRWXU) & ~(mode_t)(S_IWGRP | S_IWOTH);
}

/* Remember a directory that was made in one that was not, and so starts a tree. */
static void note_top(struct copy *c, const struct entry *e)
{
	struct stat st;

	if (e->dir->fresh || fstatat(dir_dst_fd(e->dir), e->dst, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	char *path = dir_dst_path(e->dir, e->dst);
	copy_note_dir(c, &st, path);
	free(path);
}

static bool make_dir(struct copy *c, const struct entry *e, struct dir *d)
{
	int at = dir_dst_fd(e->dir);

	if (mkdirat(at, e->dst, first_mode(c, d)) < 0) {
		copy_error_dst(e, errno, "cannot create directory %s");
		return false;
	}
	/* A umask that takes the owner's own rights */
	if (c->umask & S_IRWXU &&
	    fchmodat(at, e->dst, (first_mode(c, d) & ~c->umask) | S_IRWXU, 0) < 0) {
		copy_error_dst(e, errno, "setting permissions for %s");
		return false;
	}
	note_top(c, e);
	copy_announce(c, e);
	d->fresh = true;
	return true;
}

/* The walk has come to what it makes, at made: e is left out. */
static void report_itself(struct walker *w, const struct entry *e, const char *made)
{
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	const struct entry *top = w->root;

	/* As cp sees it: what a symlinked directory is given is in it, not beside. */
	if (!same_name(src, made) && !(w->c->into_dir && !strcmp(made, top->dst)))
		report_error(0, "will not create hard link %s to directory %s",
			     report_quote(0, dst), report_quote(1, made));
	else if (!w->met_itself)
		report_error(0, "cannot copy a directory, %s, into itself, %s",
			     report_quote(0, top->src), report_quote(1, top->dst));
	w->met_itself = true;
	free(src);
	free(dst);
}

/* Bring the destination of e about; returns its dir, or NULL to leave it out. */
static struct dir *enter(struct walker *w, const struct entry *e)
{
	struct copy *c = w->c;
	enum copy_dst found = COPY_DST_NEW;
	struct stat dst;

	const char *made = copy_made_dir(c, e->st);
	if (made) {
		report_itself(w, e, made);
		return NULL;
	}
	if (!e->dir->fresh)
		found = copy_look_at_dst(c, e, &dst);
	if (found == COPY_DST_REFUSED)
		return NULL;
	if (found == COPY_DST_EXISTS)
		c->merged = true;
	struct dir *d = dir_new(e->dir, e->src, e->dst, e->st);
	if (found == COPY_DST_NEW && !make_dir(c, e, d)) {
		d->created_failed = true;
		dir_put(d);
		return NULL;
	}
	return d;
}

static void leave(FTSENT *ent)
{
	struct dir *d = ent->fts_pointer;

	ent->fts_pointer = NULL;
	if (d)
		dir_put(d);
}

/* -------------------------------------------------------------- entries */

/* ent as an entry of its directory, or as the walk's root. */
static struct entry entry_of(const struct walker *w, const FTSENT *ent)
{
	if (ent->fts_level == FTS_ROOTLEVEL) {
		struct entry e = *w->root;
		e.st = ent->fts_statp;
		return e;
	}
	return (struct entry){
		.dir = ent->fts_parent->fts_pointer,
		.src = ent->fts_name, .dst = ent->fts_name,
		.type = ent->fts_statp->st_mode & S_IFMT,
		.st = ent->fts_info == FTS_NSOK ? NULL : ent->fts_statp,
	};
}

static void visit(struct walker *w, FTSENT *ent)
{
	struct entry e = entry_of(w, ent);

	/* A directory whose copy is refused is skipped: it has no entries here. */
	if (!dir_use(e.dir, ent->fts_level > FTS_ROOTLEVEL ? w->fts->fts_cwd_fd : -1)) {
		if (ent->fts_info == FTS_D)
			fts_set(w->fts, ent, FTS_SKIP);
		return;
	}
	if (ent->fts_info != FTS_D)
		copy_entry(w->c, &e);
	else if (!(ent->fts_pointer = enter(w, &e)))
		fts_set(w->fts, ent, FTS_SKIP);
	dir_release(e.dir);
}

static void report(const FTSENT *ent, int err, const char *message)
{
	report_error(err, message, report_quote(0, ent->fts_path));
}

void walk_tree(struct copy *c, const struct entry *root)
{
	struct walker w = { .c = c, .root = root };
	char *const roots[] = { (char *)root->src, NULL };
	int options = FTS_CWDFD | FTS_PHYSICAL;
	FTSENT *ent;

	if (!c->opts->keep_links)
		options |= FTS_NOSTAT;
	w.fts = fts_open(roots, options, NULL);
	if (!w.fts) {
		copy_error_src(root, errno, "cannot access %s");
		return;
	}
	while (errno = 0, (ent = fts_read(w.fts))) {
		switch (ent->fts_info) {
		case FTS_DP:
			leave(ent);
			break;
		case FTS_DNR:
		case FTS_ERR:
			report(ent, ent->fts_errno, "cannot access %s");
			leave(ent);
			break;
		case FTS_NS:
			report(ent, ent->fts_errno, "cannot stat %s");
			break;
		case FTS_DC:
			report(ent, 0, "cannot copy cyclic symbolic link %s");
			break;
		default:
			visit(&w, ent);
		}
	}
	if (errno)
		copy_error_src(root, errno, "cannot read all of %s");
	/* Nothing but descriptors that were read from: no result can be lost. */
	if (fts_close(w.fts) < 0 && errno != EINTR)
		copy_error_src(root, errno, "cannot close %s");
}
