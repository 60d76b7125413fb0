/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: each directory is entered in the one before, and stays open, so that no path is looked
 * up as a whole, and nobody who renames something leads a name out of its operand.  The next name
 * keeps what it has in common with the last one; the other directories are left.  A directory that
 * was left is complete when all copies into it have ended, and then has its attributes.
 *
 * A later name may come back to it.  Then it is entered once more, as a directory that is there,
 * and completed once more.  Its first end may come after that, which does no harm: each sets the
 * same attributes, and whichever is last comes after all that was made in there.  Only a mode that
 * denies the owner something does harm, to what is still to be made.  So where there may be such a
 * mode all that is under way is awaited first; then the directory is opened to its owner again
 * (makedir_open_existing()).
 *
 * What is in the destination of such a directory may have come from any name, so that each is
 * looked at (dir_is_new()).  The walk of a whole directory knows better in what it makes itself;
 * so it is awaited before another name leads there, and a walk into what was there begins when
 * nothing is under way.
 */
#include <config.h>

#include "walk/chain.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/options.h"
#include "base/relaxed.h"
#include "copy/context.h"
#include "copy/durable.h"
#include "copy/entry.h"
#include "copy/full.h"
#include "copy/outcome.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"
#include "tree/dirrefs.h"
#include "walk/enter.h"
#include "walk/makedir.h"
#include "walk/select.h"
#include "walk/sweep.h"
#include "walk/tag.h"
#include "walk/walker.h"
#include "xalloc.h"

void chain_begin(struct chain *ch, struct context *c, struct walk_root *root, struct dir *base)
{
	*ch = (struct chain){ .c = c, .root = root, .base = base };
}

void chain_end(struct chain *ch)
{
	chain_cut(ch, 0);
	dir_put(ch->base);
	free(ch->levels);
}

void chain_cut(struct chain *ch, size_t n)
{
	while (ch->n > n)
		dir_put(ch->levels[--ch->n].dir);
}

struct dir *chain_last(const struct chain *ch)
{
	return ch->n ? ch->levels[ch->n - 1].dir : ch->base;
}

bool chain_lets(const struct chain *ch, const struct entry *e)
{
	const struct options *o = ch->c->opts;

	if (ch->n) {
		const struct chain_level *l = &ch->levels[ch->n - 1];

		if (l->closed || (l->tag && strcmp(l->tag, e->src) != 0))
			return false;
	}
	if (!o->exclude)
		return true;
	char *path = dir_src_path(e->dir, e->src);
	bool excluded = select_excludes(o, path);
	free(path);
	return !excluded;
}

/* Wait until no walk is under way. */
static void await_walks(struct chain *ch)
{
	if (!ch->walking)
		return;
	context_drain(ch->c);
	ch->walking = false;
}

void chain_settle(struct chain *ch)
{
	for (size_t i = 0; i < ch->n; i++)
		if (ch->levels[i].dir->walked) {
			await_walks(ch);
			return;
		}
}

/* -------------------------------------------------------------- entering */

/* The source of a directory that is being entered */
struct source {
	struct stat st;
	int fd;				/* -1: it cannot be read, for ... */
	int err;			/* ... this errno value */
};

/* Open e's source.  Returns false with errno set if there is no directory that can be searched. */
static bool open_source(const struct entry *e, bool follow, struct source *ret)
{
	ret->err = 0;
	ret->fd = dir_open_src(e->dir, e->src, follow, &ret->st);
	if (ret->fd >= 0)
		return true;
	ret->err = -ret->fd;
	ret->fd = -1;
	/* It may be that names in there can be found all the same. */
	if (ret->err == EACCES &&
	    entry_stat_src(e, &ret->st, follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(ret->st.st_mode))
		return true;
	errno = ret->err;
	return false;
}

static bool denies_owner(mode_t mode)
{
	return (mode & S_IRWXU) != S_IRWXU;
}

/* e, whose source is src, is there: wait for what must not meet the names that follow. */
static void await_others(struct chain *ch, const struct stat *src, const struct stat *there)
{
	await_walks(ch);
	if (denies_owner(src->st_mode) || denies_owner(there->st_mode) ||
	    relaxed_get(ch->c->closes_dirs))
		context_drain(ch->c);
}

/* The new level is l: find out what is passed over in it.  Returns false if that cannot be. */
static bool look_into(struct chain *ch, struct chain_level *l)
{
	if (!dir_pin(l->dir))
		return false;
	durable_note(l->dir);
	sweep_dir(ch->c->opts, l->dir);
	l->tag = tag_of_dir(ch->c, l->dir);
	dir_unpin(l->dir);
	return true;
}

static bool is_of_other_system(const struct options *o, const struct entry *e)
{
	return o->one_file_system && !e->operand && e->st->st_dev != e->dir->st.st_dev;
}

/*
 * Make the destination of e, whose source is open.  Returns its directory, or NULL after a failure
 * that has been reported.
 */
static struct dir *make(struct chain *ch, const struct entry *e, bool follow, bool own,
			bool *ret_made)
{
	struct stat there = { .st_mode = 0 };
	enum outcome made;

	if (entry_stat_dst(e, &there, AT_SYMLINK_NOFOLLOW) == 0)
		await_others(ch, e->st, &there);
	else
		there.st_mode = 0;
	struct dir *d = enter_make(ch->c, ch->root, e, &made);
	if (!d)
		return NULL;
	/* A directory that only leads to names is counted when it is made. */
	*ret_made = d->fresh = d->created;
	if (own || d->created)
		outcome(e, made, NULL);
	d->follow[DIR_SRC] = follow;
	d->named = true;
	d->created |= makedir_is_ours(ch->c, e, &there);
	return d;
}

static void push(struct chain *ch, const struct chain_level *l)
{
	if (ch->n == ch->room)
		ch->levels = x2nrealloc(ch->levels, &ch->room, sizeof *ch->levels);
	ch->levels[ch->n++] = *l;
}

/* As chain_enter(), for e whose directory is pinned. */
static enum chain_result enter_pinned(struct chain *ch, const struct entry *wanted, bool follow,
				      bool own)
{
	struct context *c = ch->c;
	struct entry e = *wanted;
	struct source source;
	bool made = false;

	if (!open_source(&e, follow, &source))
		return CHAIN_NO_SOURCE;
	e.st = &source.st;
	e.type = S_IFDIR;
	outcome_number(&e);
	bool full = full_bars_dir(&e);
	struct dir *d = full ? NULL : make(ch, &e, follow, own, &made);
	if (!d) {
		if (source.fd >= 0)
			dir_close_src(&c->dirs, source.fd);
		return full ? CHAIN_UNTRIED : CHAIN_FAILED;
	}
	if (source.fd >= 0) {
		/* If d was made in this very directory, btrfs shows it only after a rewind. */
		(void)lseek(source.fd, 0, SEEK_SET);
		dir_give_src(d, source.fd);
	}
	struct chain_level l = {
		.dir = d, .unread = source.err, .made = made,
		.closed = is_of_other_system(c->opts, &e),
	};
	if (look_into(ch, &l)) {
		push(ch, &l);
		return CHAIN_ENTERED;
	}
	dir_put(d);
	return CHAIN_FAILED;
}

enum chain_result chain_enter(struct chain *ch, const struct entry *e, bool follow, bool own)
{
	assert(e->dir == chain_last(ch));
	if (!chain_lets(ch, e))
		return CHAIN_PASSED_OVER;
	if (!dir_pin(e->dir))
		return CHAIN_FAILED;
	if (e->operand)
		durable_note_parent(e);
	chain_settle(ch);
	enum chain_result r = enter_pinned(ch, e, follow, own);
	int err = errno;
	dir_unpin(e->dir);
	errno = err;
	return r;
}

/* --------------------------------------------------------------- walking */

void chain_walk(struct chain *ch, bool just)
{
	const struct chain_level *l = &ch->levels[ch->n - 1];

	if (l->closed)
		return;
	/* Names before this one may have been copied to where the walk will come. */
	if (!just || !l->made)
		context_drain(ch->c);
	l->dir->walked = true;
	if (l->unread) {
		enter_unread(l->dir, l->unread, -1);
		return;
	}
	ch->walking = true;
	walker_walk(ch->c, ch->root, dir_get(l->dir));
}
