/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a walker is a thread's way through one subtree.  It reads one directory at
 * a time, from its start to its end: files are copied as their names come, the names
 * of subdirectories are kept.  Then it goes on to those, deepest first.  So what it
 * still has to do is a stack of levels, each a directory and some names in it, and
 * trouble in one directory is no trouble for any other: nothing is needed from a
 * directory to find the way to the next one but the descriptors that dir.c keeps.
 *
 * A walker gives subdirectories away when another thread is free to walk them.  So the
 * walkers are in different directories, where they do not fight for locks.  Subdirectories
 * near the top are given first, since they are likely to be the largest.
 *
 * Where there are no subdirectories to give, files are: a batch of consecutive ones
 * of one directory at a time, so that a wake-up serves many.
 *
 * A subtree that is given away is a name in a directory, with a reference on
 * that, and nothing more: whoever gets it makes its directory.  It is complete
 * when its references are gone, like any directory.
 *
 * Names are not sorted, so that a huge directory takes no more memory than the names
 * of its subdirectories; unless files are to be copied in cp's order, one after the
 * other: then all names of a directory are kept, and visited by inode number.
 *
 * A file is looked at only where d_type does not tell enough: names of one inode that
 * are to be found, symlinks that are to be followed.  A directory is opened first, and
 * then looked at: to open it may be what mounts it (see enter.c).
 *
 * A directory is in use for as long as its entries are visited, so that no lock is taken
 * for a file.
 */
#include <config.h>

#include "walk/walk.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/options.h"
#include "base/stop.h"
#include "copy/context.h"
#include "copy/copy.h"
#include "copy/entry.h"
#include "tree/dir.h"
#include "walk/enter.h"
#include "walk/later.h"
#include "walk/reader.h"
#include "walk/select.h"
#include "xalloc.h"

/* A part of the tree, for another walker */
struct subtree {
	struct work work;
	struct context *c;
	struct walk_root *root;
	struct dir *parent;		/* a reference; NULL: dir is made already */
	struct dir *dir;		/* a reference */
	char *name;			/* in parent */
};

/* Files in a batch: their copies take a hundred times as long as a wake-up */
#define BATCH 64

/* Files of one directory, for another walker */
struct batch {
	struct work work;
	struct context *c;
	struct walk_root *root;
	struct dir *dir;		/* a reference */
	unsigned int n;
	struct batch_file {
		char *name;
		mode_t type;		/* S_IFMT bits; 0: not known */
	} files[BATCH];
};

/* A directory that the walker is in */
struct level {
	struct level *above, *below;
	struct dir *dir;		/* a reference */
	struct later later;		/* names in it that are still to be visited */
};

struct walker {
	struct context *c;
	struct walk_root *root;
	struct level *deepest;
	struct level *oldest;		/* no level above this has names left; NULL: none has */
	struct dir *at;			/* in use: where the last entry was */
	struct batch *batch;		/* being collected; NULL: none */
};

/* Use d, for its entries, instead of w->at.  False: reported. */
static bool go_to(struct walker *w, struct dir *d)
{
	if (w->at == d)
		return true;
	struct dir *left = w->at;
	w->at = NULL;
	/* First the new one: the way to it is then open more often than not. */
	bool ok = dir_pin(d);
	if (left)
		dir_unpin(left);
	if (ok)
		w->at = d;
	return ok;
}

static void go_nowhere(struct walker *w)
{
	if (w->at)
		dir_unpin(w->at);
	w->at = NULL;
}

/* -------------------------------------------------------- giving it away */

static void enter(struct walker *w, struct dir *parent, const char *name);
static void descend(struct walker *w, struct dir *d);
static void walk(struct walker *w);

static void walk_subtree(struct work *work)
{
	struct subtree *s = (struct subtree *)((char *)work - offsetof(struct subtree, work));
	struct walker w = { .c = s->c, .root = s->root };

	if (s->dir)
		descend(&w, s->dir);
	else
		enter(&w, s->parent, s->name);
	/* Not to be kept open for the subtree's sake */
	if (w.at == s->parent)
		go_nowhere(&w);
	if (s->parent)
		dir_put(s->parent);
	walk(&w);
	free(s->name);
	free(s);
}

/* Have somebody else walk parent/name; or dir, which is made.  False: nobody can. */
static bool give_away(const struct walker *w, struct dir *parent, struct dir *dir,
		      const char *name)
{
	struct subtree *s = xmalloc(sizeof *s);

	*s = (struct subtree){
		.work.run = walk_subtree, .c = w->c, .root = w->root, .dir = dir,
		.parent = parent ? dir_get(parent) : NULL, .name = name ? xstrdup(name) : NULL,
	};
	if (workers_give(&w->c->workers, &s->work))
		return true;
	if (parent)
		dir_put(parent);
	free(s->name);
	free(s);
	return false;
}

/* Give subdirectories away for as long as somebody is free, those at the top first. */
static void share(struct walker *w)
{
	const char *name = NULL;
	mode_t type;

	while (w->oldest && steer_wants_walker(&w->c->steer)) {
		while (w->oldest && !(name = later_peek(&w->oldest->later, &type)))
			w->oldest = w->oldest->below;
		if (!w->oldest || !give_away(w, w->oldest->dir, NULL, name))
			return;
		later_skip(&w->oldest->later);
	}
}

/* ----------------------------------------------------------------- files */

/*
 * Copy name in d, which w is in; type is what is known of it.  True: it is a directory,
 * or, where symlinks are followed, it leads to one, and nothing has been done.
 */
static bool copy_unless_dir(struct walker *w, struct dir *d, const char *name, mode_t type)
{
	const struct options *o = w->c->opts;
	struct entry e = { .dir = d, .src = name, .dst = name, .type = type };
	struct stat st;

	/* enter_dir() asks whether a directory is left out. */
	if (S_ISDIR(type))
		return true;
	enum select_answer answer = select_entry(o, &e);
	if (answer == SELECT_STAT || o->keep_links) {
		if (!enter_stat(w->c, &e, &st))
			return false;
		e.st = &st;
		e.type = st.st_mode & S_IFMT;
		answer = select_entry(o, &e);
	}
	if (S_ISDIR(e.type))
		return true;
	if (answer == SELECT_COPY)
		copy_entry(w->c, &e);
	return false;
}

static void copy_batch(struct work *work)
{
	struct batch *batch = (struct batch *)((char *)work - offsetof(struct batch, work));
	struct walker w = { .c = batch->c, .root = batch->root };

	for (unsigned int i = 0; i < batch->n; i++) {
		struct batch_file *f = &batch->files[i];

		if (go_to(&w, batch->dir) && copy_unless_dir(&w, batch->dir, f->name, f->type))
			enter(&w, batch->dir, f->name);
		free(f->name);
	}
	walk(&w);
	dir_put(batch->dir);
	free(batch);
}

/* Have somebody else copy the batch that has been collected, if any. */
static void give_batch(struct walker *w)
{
	struct batch *batch = w->batch;

	w->batch = NULL;
	if (batch && !workers_give(&w->c->workers, &batch->work))
		copy_batch(&batch->work);
}

/* Put name in d into a batch for somebody else.  False: nobody is free. */
static bool add_to_batch(struct walker *w, struct dir *d, const char *name, mode_t type)
{
	struct batch *batch = w->batch;

	if (!batch && !steer_wants_help(&w->c->steer))
		return false;
	if (!batch) {
		batch = w->batch = xmalloc(sizeof *batch);
		batch->work.run = copy_batch;
		batch->c = w->c;
		batch->root = w->root;
		batch->dir = dir_get(d);
		batch->n = 0;
	}
	batch->files[batch->n++] = (struct batch_file){ .name = xstrdup(name), .type = type };
	if (batch->n == BATCH)
		give_batch(w);
	return true;
}

/* ----------------------------------------------------------- directories */

/* A name in l, which w is in, has been read. */
static void meet(struct walker *w, struct level *l, const struct reader_name *n)
{
	/* What is not known for certain is looked at by whoever copies it. */
	bool maybe_dir = S_ISDIR(n->type) || !n->type ||
			 (S_ISLNK(n->type) && w->c->opts->follow == FOLLOW_ALWAYS);

	if (w->c->in_order) {
		later_add(&l->later, n->name, n->type, n->ino);
		return;
	}
	if (!maybe_dir && add_to_batch(w, l->dir, n->name, n->type))
		return;
	if (!copy_unless_dir(w, l->dir, n->name, n->type))
		return;
	if (!steer_wants_walker(&w->c->steer) || !give_away(w, l->dir, NULL, n->name))
		later_add(&l->later, n->name, S_IFDIR, n->ino);
}

static void read_level(struct walker *w, struct level *l)
{
	struct reader_name name;
	struct reader reader;
	int r = 0;

	if (!go_to(w, l->dir))
		return;
	reader_begin(&reader, dir_src_fd(l->dir));
	while (!stop_asked() && (r = reader_next(&reader, &name)) > 0)
		meet(w, l, &name);
	if (r < 0)
		enter_unread(l->dir, -r);
	else if (r > 0)
		stop_leave_out();
	give_batch(w);
	if (l->later.sorted)
		later_sort(&l->later);
}

/* Go down into d, which has been made, and read it; takes the reference on it. */
static void descend(struct walker *w, struct dir *d)
{
	struct level *l = xmalloc(sizeof *l);

	*l = (struct level){ .above = w->deepest, .dir = d };
	later_init(&l->later, w->c->in_order);
	if (l->above)
		l->above->below = l;
	w->deepest = l;
	if (!w->oldest)
		w->oldest = l;
	read_level(w, l);
}

/* The deepest level is done, as far as this walker goes. */
static void ascend(struct walker *w)
{
	struct level *l = w->deepest;

	w->deepest = l->above;
	if (l->above)
		l->above->below = NULL;
	if (w->oldest == l)
		w->oldest = NULL;
	if (w->at == l->dir)
		go_nowhere(w);
	dir_put(l->dir);
	later_fini(&l->later);
	free(l);
}

/* Make the directory parent/name, and go down into it. */
static void enter(struct walker *w, struct dir *parent, const char *name)
{
	const struct entry e = { .dir = parent, .src = name, .dst = name, .type = S_IFDIR };
	struct dir *d = NULL;

	if (go_to(w, parent) && enter_dir(w->c, w->root, &e, &d) && d)
		descend(w, d);
}

/* Walk what is below all levels. */
static void walk(struct walker *w)
{
	while (w->deepest) {
		struct level *l = w->deepest;
		const char *name;
		mode_t type;

		share(w);
		name = later_peek(&l->later, &type);
		/* Where it can't be used, that has been reported, and holds for all its names. */
		if (name && stop_asked())
			stop_leave_out();
		if (!name || stop_asked() || !go_to(w, l->dir)) {
			ascend(w);
			continue;
		}
		later_skip(&l->later);
		if (copy_unless_dir(w, l->dir, name, type))
			enter(w, l->dir, name);
	}
	go_nowhere(w);
}

/* ------------------------------------------------------------- operands */

bool walk_tree(struct context *c, const struct entry *e)
{
	struct walk_root *root = xzalloc(sizeof *root);
	struct walker w = { .c = c, .root = root };
	struct dir *top = NULL;

	*root = (struct walk_root){
		.next = c->roots, .src = dir_src_path(e->dir, e->src),
		.dst = dir_dst_path(e->dir, e->dst),
		.number = c->operand,
	};
	c->roots = root;
	bool made = go_to(&w, e->dir) && enter_dir(c, root, e, &top);
	go_nowhere(&w);
	steer_wants_walker(&c->steer);
	if (top && !give_away(&w, NULL, top, NULL)) {
		descend(&w, top);
		walk(&w);
	}
	return made;
}

void walk_free_roots(struct context *c)
{
	for (struct walk_root *r = c->roots, *next; r; r = next) {
		next = r->next;
		free(r->src);
		free(r->dst);
		free(r);
	}
	c->roots = NULL;
}
