/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a walker is what a thread needs for its way through one subtree.  It reads one directory
 * at a time, from its start to its end.  Files are copied as their names are read; the names of
 * subdirectories are kept.  Then the walker goes on to those, deepest first.  So what it still has
 * to do is a stack of levels, each of them a directory and names in it:
 *
 *   oldest  -->  a           kept: x y z    x is the next name to be given away
 *                  b         kept: u
 *   deepest -->      c       being read: d e f g ...
 *                                        | |
 *                                        | +--> a file: copied by this thread, or put into
 *                                        |      the batch that is being collected
 *                                        +--> a directory: kept in this level, or given
 *                                             away as a subtree
 *
 * Nothing but the levels' descriptors, which dirfds.c keeps, leads from one directory to the next.
 * So what goes wrong in one directory does not matter to any other.
 *
 * Work is given away when another thread is free for it.  A subtree is a name in a directory, with
 * a reference on that directory; the thread that gets it makes its destination.  Names near the
 * top are given away first, as their subtrees are likely to be the largest.  So the walkers are in
 * different directories, where they do not fight for the kernel's locks.
 *
 * Where there are no subdirectories to give away, files are: consecutive ones of a directory, a
 * batch at a time, so that a wake-up serves many.
 *
 * The names of a huge directory are not all sorted (see reader.c), so that it takes no more memory
 * than the names of its subdirectories.  But where files are copied one after the other, in cp's
 * order, all names of a directory are kept, and visited in the order of their inode numbers.
 *
 * Files are looked at with stat(2) only where d_type does not tell enough: see select.h, and where
 * hard links are kept.  A directory is opened first: see enter.c.  A walker keeps it pinned while
 * it copies its entries, so no file takes a lock.  What is doomed is walked in the same way: see
 * remove.c.
 */
#include <config.h>

#include "walk/walker.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/container.h"
#include "base/later.h"
#include "base/options.h"
#include "base/stop.h"
#include "base/tally.h"
#include "copy/account.h"
#include "copy/again.h"
#include "copy/context.h"
#include "copy/copy.h"
#include "copy/durable.h"
#include "copy/entry.h"
#include "copy/hardlink.h"
#include "copy/outcome.h"
#include "journal/journal.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirlist.h"
#include "tree/dirpath.h"
#include "tree/dirresult.h"
#include "tree/dirrefs.h"
#include "walk/enter.h"
#include "walk/extras.h"
#include "walk/makedir.h"
#include "walk/reader.h"
#include "walk/remove.h"
#include "walk/select.h"
#include "walk/sweep.h"
#include "walk/tag.h"
#include "xalloc.h"

/* A part of the tree, for another walker: a name in parent; or dir, which exists already */
struct subtree {
	struct work work;
	struct context *c;
	struct walk_root *root;
	struct dir *parent;		/* a reference; NULL: it is dir */
	char *name;			/* in parent */
	struct dir *dir;		/* a reference; NULL: it is a name in parent */
};

/* System calls that it usually takes to open a directory and to read its first names */
#define READ_CALLS 6

/* Files in a batch: to copy so many small ones takes a hundred times as long as a wake-up. */
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
	struct later later;		/* names in it that have not been visited yet */
	bool read_on;			/* another walker could not read all of it, */
	off_t from;			/* ... and came to this offset */
};

struct walker {
	struct context *c;
	struct walk_root *root;
	struct level *deepest;
	struct level *oldest;		/* no level above this has names left; NULL: none has */
	struct dir *pinned;		/* where the last entry was; NULL: none */
	struct batch *batch;		/* being collected; NULL: none */
};

static void unpin(struct walker *w)
{
	if (w->pinned)
		dir_unpin(w->pinned);
	w->pinned = NULL;
}

/* Pin d, for its entries, and not w->pinned.  Returns false after a failure, reported here. */
static bool pin(struct walker *w, struct dir *d)
{
	if (w->pinned == d)
		return true;
	/* The other one stays open until then: d is often below it, and opened relative to it. */
	bool ok = d->doom ? dir_pin_dst(d) : dir_pin(d);
	unpin(w);
	if (ok)
		w->pinned = d;
	return ok;
}

/* ------------------------------------------------------------ giving away */

static void enter(struct walker *w, struct dir *parent, const char *name);
static void descend(struct walker *w, struct dir *d);
static void walk(struct walker *w);

static void walk_subtree(struct work *work)
{
	struct subtree *s = container_of(work, struct subtree, work);
	struct walker w = { .c = s->c, .root = s->root };

	if (s->dir)
		descend(&w, s->dir);
	else
		enter(&w, s->parent, s->name);
	/* It need not stay open while the subtree is walked. */
	if (w.pinned == s->parent)
		unpin(&w);
	if (s->parent)
		dir_put(s->parent);
	walk(&w);
	free(s->name);
	free(s);
}

/*
 * Have another thread walk parent/name or, if parent is NULL, dir; takes the reference on
 * dir.  Returns false if there is no other thread; then nothing has been done.
 */
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

/* Give kept names away as long as other threads are free, those nearest to the top first. */
static void give_subtrees(struct walker *w)
{
	const char *name = NULL;
	mode_t type;

	while (w->oldest && steer_wants_help(&w->c->steer)) {
		while (w->oldest && !(name = later_peek(&w->oldest->later, &type)))
			w->oldest = w->oldest->below;
		if (!w->oldest || !give_away(w, w->oldest->dir, NULL, name))
			return;
		later_skip(&w->oldest->later);
	}
}

/* ----------------------------------------------------------------- files */

/*
 * Copy e, whose directory is pinned, unless it is left out.  Returns true if it is a directory,
 * or a symlink to one that is followed; then nothing has been done.
 */
static bool copy_entry_unless_dir(struct walker *w, const struct entry *wanted)
{
	const struct options *o = w->c->opts;
	struct entry e = *wanted;
	struct attempt attempt;
	struct stat st;

	context_pass(w->c);
	if (w->root->doom)
		return remove_unless_dir(w->c, w->root->doom, e.dir, e.dst, e.type);
	/* enter_dir() asks whether a directory is left out. */
	if (S_ISDIR(e.type))
		return true;
	again_attempt(&e, &attempt);
	enum select_answer answer = select_entry(o, &e);
	if (answer == SELECT_STAT || (answer != SELECT_EXCLUDE && o->keep_links &&
				      hardlink_look_first(w->c, &e))) {
		if (!enter_stat(w->c, &e, &st))
			return false;
		hardlink_noticed(w->c, st.st_nlink);
		e.st = &st;
		e.type = st.st_mode & S_IFMT;
		answer = select_entry(o, &e);
	}
	if (answer == SELECT_EXCLUDE)
		account_excluded(&e);
	else if (S_ISDIR(e.type))
		return true;
	else
		copy_entry(w->c, &e);
	return false;
}

/* As copy_entry_unless_dir(), for name in d; type is its S_IFMT bits, or 0. */
static bool copy_unless_dir(struct walker *w, struct dir *d, const char *name, mode_t type)
{
	return copy_entry_unless_dir(w, &(struct entry){
		.dir = d, .src = name, .dst = name, .type = type,
	});
}

static void copy_batch(struct work *work)
{
	struct batch *batch = container_of(work, struct batch, work);
	struct walker w = { .c = batch->c, .root = batch->root };
	bool ok = true;			/* false: it can't be pinned, which is reported once */

	for (unsigned int i = 0; i < batch->n; i++) {
		struct batch_file *f = &batch->files[i];

		ok = ok && pin(&w, batch->dir);
		if (ok && copy_unless_dir(&w, batch->dir, f->name, f->type))
			enter(&w, batch->dir, f->name);
		free(f->name);
	}
	walk(&w);
	dir_put(batch->dir);
	free(batch);
}

/* Have another thread copy the batch that has been collected, if any. */
static void give_batch(struct walker *w)
{
	struct batch *batch = w->batch;

	w->batch = NULL;
	if (batch && !workers_give(&w->c->workers, &batch->work))
		copy_batch(&batch->work);
}

/* Put name in d into a batch for another thread.  Returns false if none is free. */
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
	assert(batch->n < BATCH && batch->dir == d);
	batch->files[batch->n++] = (struct batch_file){ .name = xstrdup(name), .type = type };
	if (batch->n == BATCH)
		give_batch(w);
	return true;
}

/* ----------------------------------------------------------- directories */

/* Copy, keep, or give away the name n that has been read in l. */
static void visit(struct walker *w, struct level *l, const struct reader_name *n)
{
	/* A directory must not end up in a batch if a whole subtree might be given away. */
	bool maybe_dir = S_ISDIR(n->type) || !n->type ||
			 (S_ISLNK(n->type) && w->c->opts->follow == FOLLOW_ALWAYS);

	if (l->dir->ledger && !w->root->doom && journal_meet(l->dir->ledger, n->name))
		return;
	if (w->c->in_order) {
		later_add(&l->later, n->name, n->type, n->ino);
		return;
	}
	if (!maybe_dir && add_to_batch(w, l->dir, n->name, n->type))
		return;
	if (!copy_unless_dir(w, l->dir, n->name, n->type))
		return;
	if (!steer_wants_help(&w->c->steer) || !give_away(w, l->dir, NULL, n->name))
		later_add(&l->later, n->name, S_IFDIR, n->ino);
}

/* The run has to stop before all names in l have been visited; not all may have been read. */
static void leave_rest_out(struct walker *w, struct level *l, bool all_read)
{
	bool follow = w->c->opts->follow == FOLLOW_ALWAYS;

	dir_mark_unfinished(l->dir);
	stop_leave_out();
	tally_add(&(struct tally){
		.untried = all_read ? dirlist_add_rest(l->dir, &l->later, follow) :
				      dirlist_add_dir(l->dir),
	});
}

/*
 * Visit what is in l; work is its opening, which ends with the first names.  Returns as
 * reader_next(); *ret_removed is as in struct reader.
 */
static int visit_all(struct walker *w, struct level *l, struct copyfile_work *work,
		     bool *ret_removed)
{
	/* If there were one, there would be nothing to be read on. */
	const char *tag = l->read_on ? NULL : tag_of_dir(w->c, l->dir);
	struct reader_name name = { .name = tag };
	struct extras extras;
	struct reader reader;
	int r = 1;

	*ret_removed = false;
	if (tag) {
		visit(w, l, &name);
		return 0;
	}
	if (l->read_on && lseek(dir_src_fd(l->dir), l->from, SEEK_SET) < 0)
		return -errno;
	extras_begin(w->c, &extras, l->dir);
	reader_begin(&reader, dir_src_fd(l->dir));
	if (!stop_asked())
		r = reader_next(&reader, &name);
	copyfile_work_end(work, dir_src_fd(l->dir), dir_dst_fd(l->dir), READ_CALLS);
	while (r > 0 && !stop_asked()) {
		extras_see(&extras, name.name);
		visit(w, l, &name);
		r = reader_next(&reader, &name);
	}
	reader_end(&reader);
	*ret_removed = reader.removed;
	extras_end(w->c, &extras, l->dir, r == 0 && !reader.removed);
	return r;
}

/* Visit names, or leave them out if the run has to stop. */
static void visit_kept(struct walker *w, struct level *l, const struct later *names)
{
	struct later rest = *names;
	struct reader_name n = { .ino = 0 };

	for (; !stop_asked() && (n.name = later_peek(&rest, &n.type)); later_skip(&rest))
		visit(w, l, &n);
	if (n.name) {
		dir_mark_unfinished(l->dir);
		stop_leave_out();
	}
}

/* Visit what is in the destination of l, which is doomed. */
static void visit_doomed(struct walker *w, struct level *l)
{
	struct later names;

	later_init(&names, false);
	remove_read(w->c, l->dir, &names);
	visit_kept(w, l, &names);
	later_fini(&names);
}

static void visit_source(struct walker *w, struct level *l, struct copyfile_work *work)
{
	bool removed;

	if (!l->read_on) {
		makedir_is_open(w->c, l->dir);
		sweep_dir(w->c->opts, l->dir);
		durable_note(l->dir);
	}
	int r = visit_all(w, l, work, &removed);
	if (r < 0)
		enter_unread(l->dir, -r, lseek(dir_src_fd(l->dir), 0, SEEK_CUR));
	else if (r > 0)
		leave_rest_out(w, l, false);
	else
		enter_read(w->c, l->dir, removed);
}

/* All names in l that could be visited have been: what was kept for other threads is theirs. */
static void end_level(struct walker *w, struct level *l)
{
	give_batch(w);
	if (l->later.sorted)
		later_sort(&l->later);
}

static void read_level(struct walker *w, struct level *l)
{
	struct copyfile_work work;

	copyfile_work_begin(&work);
	if (!pin(w, l->dir))
		return;
	if (l->dir->doom)
		visit_doomed(w, l);
	else
		visit_source(w, l, &work);
	end_level(w, l);
}

/* Returns a new deepest level for d; takes the reference on d. */
static struct level *add_level(struct walker *w, struct dir *d)
{
	struct level *l = xmalloc(sizeof *l);

	*l = (struct level){ .above = w->deepest, .dir = d };
	later_init(&l->later, w->c->in_order);
	if (l->above)
		l->above->below = l;
	w->deepest = l;
	if (!w->oldest)
		w->oldest = l;
	return l;
}

/* Go down into d, whose destination exists, and read it; takes the reference on d. */
static void descend(struct walker *w, struct dir *d)
{
	read_level(w, add_level(w, d));
}

/* Leave the deepest level: this walker has nothing more to do in it. */
static void ascend(struct walker *w)
{
	struct level *l = w->deepest;

	w->deepest = l->above;
	if (l->above)
		l->above->below = NULL;
	if (w->oldest == l)
		w->oldest = NULL;
	if (w->pinned == l->dir)
		unpin(w);
	dir_put(l->dir);
	later_fini(&l->later);
	free(l);
}

/* Make the destination of e, a directory, or doom it, and go down into it. */
static void enter_entry(struct walker *w, const struct entry *e)
{
	struct dir *d = NULL;

	context_pass(w->c);
	if (!pin(w, e->dir))
		return;
	if (w->root->doom)
		d = remove_enter(w->c, w->root->doom, e->dir, e->dst);
	else if (!enter_dir(w->c, w->root, e, &d))
		d = NULL;
	if (d)
		descend(w, d);
}

/* As enter_entry(), for the directory parent/name */
static void enter(struct walker *w, struct dir *parent, const char *name)
{
	enter_entry(w, &(struct entry){
		.dir = parent, .src = name, .dst = name, .type = S_IFDIR,
	});
}

/* Visit the kept names of all levels, and all that is below them. */
static void walk(struct walker *w)
{
	while (w->deepest) {
		struct level *l = w->deepest;
		mode_t type;

		give_subtrees(w);
		const char *name = later_peek(&l->later, &type);
		/* Asked once: if names are not visited for that, they count as left out. */
		bool stop = name && stop_asked();
		if (stop)
			leave_rest_out(w, l, true);
		/* If it can't be pinned, which was reported, none of its names can be copied. */
		if (!name || stop || !pin(w, l->dir)) {
			ascend(w);
			continue;
		}
		later_skip(&l->later);
		if (copy_unless_dir(w, l->dir, name, type))
			enter(w, l->dir, name);
	}
	unpin(w);
}

/* ------------------------------------------------------------ beginnings */

void walker_walk(struct context *c, struct walk_root *root, struct dir *d)
{
	struct walker w = { .c = c, .root = root };

	if (!give_away(&w, NULL, d, NULL)) {
		descend(&w, d);
		walk(&w);
	}
}

void walker_copy(struct context *c, struct walk_root *root, const struct entry *wanted)
{
	struct walker w = { .c = c, .root = root };
	struct entry e = *wanted;

	if (!pin(&w, e.dir)) {
		outcome(&e, OUTCOME_FAILED, NULL);
	} else if (copy_entry_unless_dir(&w, &e)) {
		e.type = S_IFDIR;
		enter_entry(&w, &e);
	}
	walk(&w);
}

void walker_read_on(struct context *c, struct walk_root *root, struct dir *d, off_t at)
{
	struct walker w = { .c = c, .root = root };
	struct level *l = add_level(&w, dir_get(d));

	l->read_on = true;
	l->from = at;
	read_level(&w, l);
	walk(&w);
}

/* Work: names in one directory that are doomed */
struct doomed_work {
	struct work work;
	struct context *c;
	struct walk_root *root;
	struct dir *dir;		/* a reference */
	const struct later *names;	/* borrowed */
};

static void do_doomed_work(struct work *work)
{
	struct doomed_work *doomed = container_of(work, struct doomed_work, work);
	struct walker w = { .c = doomed->c, .root = doomed->root };
	struct level *l = add_level(&w, doomed->dir);

	if (pin(&w, doomed->dir))
		visit_kept(&w, l, doomed->names);
	end_level(&w, l);
	walk(&w);
	free(doomed);
}

void walker_remove(struct context *c, struct walk_root *root, struct dir *dir,
		   const struct later *names)
{
	struct doomed_work *work = xmalloc(sizeof *work);

	*work = (struct doomed_work){
		.work.run = do_doomed_work, .c = c, .root = root, .dir = dir_get(dir),
		.names = names,
	};
	if (!workers_give(&c->workers, &work->work))
		do_doomed_work(&work->work);
}
