/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a name belongs to the operand that it begins with, or to the only one.  The rest of it
 * leads down from there, a component at a time: chain.c keeps the directories that names have in
 * common open, and knows which of them is on the way.  So a name costs what an entry does that a
 * walk meets, and what it becomes is decided in the same places.
 *
 * What fails before there is an entry is listed for --failed-to as it is here.  So is what comes
 * after a stop: the list is read on for that, but after a signal only as far as that does not
 * mean to wait.
 */
#include <config.h>

#include "walk/named.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/language.h"
#include "base/names.h"
#include "base/options.h"
#include "base/stop.h"
#include "copy/again.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/copy.h"
#include "copy/durable.h"
#include "copy/entry.h"
#include "copy/hardlink.h"
#include "copy/outcome.h"
#include "dirname.h"
#include "report/failed.h"
#include "report/quote.h"
#include "report/report.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"
#include "tree/dirrefs.h"
#include "tree/dirresult.h"
#include "walk/chain.h"
#include "walk/list.h"
#include "walk/parents.h"
#include "walk/select.h"
#include "walk/sweep.h"
#include "walk/walk.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* So much is shown of a name that is none. */
#define SHOWN 60

struct named {
	struct context *c;
	struct named_source *sources;
	int nsources;
	struct named_source *source;	/* of the last name; NULL: the chain has not begun */
	const char *src, *dst;		/* the operand's names in chain.base */
	char *path;			/* with --parents: has them in it, on the heap */
	struct chain chain;
	struct sweep sweep;

	/* The name that is being copied */
	struct named_source *wanted;	/* the operand that it is below */
	bool whole;			/* a slash is at its end */
	char **parts;			/* its components below the operand */
	size_t nparts, room;
	char *rest;			/* has them in it, on the heap */
};

/* ---------------------------------------------------------- operands, names */

/* Returns the operand that text is below, and *ret, the rest of text; or NULL. */
static struct named_source *find_source(const struct named *t, const char *text, const char **ret)
{
	struct named_source *found = NULL;
	const char *rest;

	for (int i = 0; i < t->nsources; i++) {
		rest = names_below(text, t->sources[i].src);
		/* The longest operand leaves the shortest rest. */
		if (rest && (!found || strlen(rest) < strlen(*ret))) {
			found = &t->sources[i];
			*ret = rest;
		}
	}
	if (found || t->nsources != 1 || *text == '/')
		return found;
	*ret = text;
	return t->sources;
}

/* Returns the full name that the current name has below top; the caller frees it. */
static char *join(const struct named *t, const char *top)
{
	size_t len = strlen(top), size = len + 2;

	for (size_t i = 0; i < t->nparts; i++)
		size += strlen(t->parts[i]) + 1;
	char *name = xmalloc(size), *at = name + len;
	memcpy(name, top, len);
	while (at > name && at[-1] == '/' && (t->nparts || at > name + 1))
		at--;
	for (size_t i = 0; i < t->nparts; i++) {
		*at++ = '/';
		at = stpcpy(at, t->parts[i]);
	}
	if (t->whole && (at == name || at[-1] != '/'))
		*at++ = '/';
	*at = '\0';
	return name;
}

/* The same, of the source, by which its operand is found again: see dirlist.c. */
static char *full_source(const struct named *t)
{
	char *name = join(t, t->wanted->src);
	const char *rest;

	if (t->nsources < 2 || find_source(t, name, &rest) == t->wanted)
		return name;
	rest = names_below(name, t->wanted->src);
	char *longer = xasprintf("%.*s/.%s", (int)(rest - name), name, rest);
	free(name);
	return longer;
}

/* Returns the full name of what the current name would become; the caller frees it. */
static char *full_destination(const struct named *t)
{
	const struct named_source *s = t->wanted;
	const char *below = s->dst ? s->dst : s->src + strspn(s->src, "/");
	char *top = dir_dst_path(s->dir ? s->dir : &t->c->target, below);
	char *name = join(t, top);

	free(top);
	return name;
}

/* Returns true if name is that of a directory with all that is below it. */
static bool is_whole(const char *name)
{
	size_t len = strlen(name);

	return len && name[len - 1] == '/';
}

/* ------------------------------------------------------------- failures */

/* The name src, which would have become dst, is not copied; end() says why, and counts it. */
static void end_name(const struct named *t, const char *src, const char *dst,
		     void (*end)(const struct entry *e))
{
	struct entry e = {
		.dir = &t->c->cwd, .src = src, .dst = dst, .type = is_whole(src) ? S_IFDIR : 0,
	};

	outcome_number(&e);
	end(&e);
}

static void end_failed(const struct entry *e)
{
	outcome(e, OUTCOME_FAILED, NULL);
}

/* The same for the current name, whose operand is known. */
static void end_current(struct named *t, void (*end)(const struct entry *e))
{
	char *src = full_source(t), *dst = full_destination(t);

	end_name(t, src, dst, end);
	if (t->source)
		dir_mark_unfinished(chain_last(&t->chain));
	free(src);
	free(dst);
}

/* Report that the current name cannot be found, because of err, and count it as failed. */
static void fail_to_find(struct named *t, int err)
{
	char *src = full_source(t);

	report_error_about(&(struct report_about){ .op = OP_LOOK, .src = src }, err,
			   "cannot stat %s", quote_always(0, src));
	free(src);
	end_current(t, end_failed);
}

/* The directory e on the way to the current name could not be entered, because of err. */
static void fail_to_enter(struct named *t, const struct entry *e, int err)
{
	struct stat st;

	if ((err == ENOTDIR || err == ELOOP) && dir_pin(e->dir)) {
		bool symlink = entry_stat_src(e, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			       S_ISLNK(st.st_mode);
		if (symlink)
			complain_src(e, OP_CHECK, 0, "not following symbolic link %s");
		dir_unpin(e->dir);
		if (symlink) {
			end_current(t, end_failed);
			return;
		}
	}
	fail_to_find(t, err);
}

/* Report that text is no name that can be copied: message has a %s for it, and one for more. */
static void refuse(struct named *t, const char *text, const char *message, const char *more)
{
	report_error_about(&(struct report_about){ .op = OP_CHECK, .src = text }, 0, message,
			   quote_always(0, text), quote_always(1, more));
	end_name(t, text, NULL, end_failed);
}

/* ------------------------------------------------------ what a name means */

/* Take t->rest apart.  Returns false if there is a ".." among its components. */
static bool take_apart(struct named *t)
{
	char *save = NULL;

	t->nparts = 0;
	t->whole = is_whole(t->rest);
	for (char *p = strtok_r(t->rest, "/", &save); p; p = strtok_r(NULL, "/", &save)) {
		if (!strcmp(p, ".."))
			return false;
		if (!strcmp(p, "."))
			continue;
		if (t->nparts == t->room)
			t->parts = x2nrealloc(t->parts, &t->room, sizeof *t->parts);
		t->parts[t->nparts++] = p;
	}
	return true;
}

/* Make text the current name.  Returns false if it cannot be one, which has been reported. */
static bool understand(struct named *t, const char *text)
{
	const char *rest;

	t->wanted = find_source(t, text, &rest);
	if (!t->wanted) {
		refuse(t, text, "%s, named in %s, is below no SOURCE", t->c->opts->files_from);
		return false;
	}
	free(t->rest);
	t->rest = xstrdup(rest);
	if (take_apart(t))
		return true;
	refuse(t, text, "%s leads out of %s", t->wanted->src);
	return false;
}

/* ----------------------------------------------------- from name to name */

/* Nothing is copied of the last operand any more, or just now. */
static void leave_source(struct named *t)
{
	if (!t->source)
		return;
	chain_end(&t->chain);
	free(t->path);
	t->path = NULL;
	t->source = NULL;
	/* As it is with operands, the next one may depend on what this one makes. */
	context_drain(t->c);
}

/*
 * With --parents, open what leads to the operand of the current name.  Returns NULL if that
 * failed: then the name has been counted.
 */
static struct dir *open_parents(struct named *t)
{
	const char *src = t->wanted->src;
	struct parents parents = { .left_out = false };

	t->path = xstrdup(src);
	strip_trailing_slashes(t->path);
	/* As all that leads to a name they get attributes, also if they are there. */
	if (parents_open(t->c, t->path, true, &parents)) {
		/* In the target itself it has the name that was given. */
		bool above = parents.dir == &t->c->target;
		t->src = above ? src : src + (parents.name - t->path);
		t->dst = parents.name;
		return parents.dir;
	}
	free(t->path);
	t->path = NULL;
	end_current(t, parents.left_out ? outcome_left_out : end_failed);
	return NULL;
}

/* Begin the chain of the current name's operand, unless it is there. */
static bool enter_source(struct named *t)
{
	struct named_source *s = t->wanted;
	struct context *c = t->c;

	if (t->source == s)
		return true;
	leave_source(t);
	t->src = s->src;
	t->dst = s->dst;
	struct dir *base = s->dir ? dir_get(s->dir) : open_parents(t);
	if (!base)
		return false;
	c->operand = s - t->sources + 1;
	if (!s->root)
		s->root = walk_add_root(c, &(struct entry){
			.dir = base, .src = t->src, .dst = t->dst,
		});
	chain_begin(&t->chain, c, s->root, base);
	t->source = s;
	return true;
}

/* The entry at depth, 0 being the operand, on the way to the current name */
static struct entry entry_at(const struct named *t, size_t depth)
{
	return (struct entry){
		.dir = chain_last(&t->chain), .operand = !depth,
		.src = depth ? t->parts[depth - 1] : t->src,
		.dst = depth ? t->parts[depth - 1] : t->dst,
	};
}

/* Leave the directories that do not lead to the current name, nor are it. */
static void leave_others(struct named *t)
{
	size_t n = 0;

	while (n < t->chain.n && n <= t->nparts &&
	       (!n || !strcmp(t->chain.levels[n].dir->name[DIR_SRC], t->parts[n - 1])))
		n++;
	chain_cut(&t->chain, n);
}

/* Enter e.  Returns false if the current name ends here, which has been reported and counted. */
static bool enter(struct named *t, const struct entry *e, bool follow, bool own)
{
	switch (chain_enter(&t->chain, e, follow, own)) {
	case CHAIN_ENTERED:
		return true;
	case CHAIN_PASSED_OVER:
		return false;
	case CHAIN_UNTRIED:
		end_current(t, outcome_left_out);
		return false;
	case CHAIN_FAILED:
		end_current(t, end_failed);
		return false;
	case CHAIN_NO_SOURCE:
		break;
	}
	fail_to_enter(t, e, errno);
	return false;
}

/* ------------------------------------------------------------ the copying */

/* The current name, e, cannot be looked at, because of err. */
static void fail_to_look(const struct named *t, struct entry *e, int err)
{
	e->unseen = t->whole;
	outcome_number(e);
	complain_src(e, OP_LOOK, err, "cannot stat %s");
	outcome(e, OUTCOME_FAILED, NULL);
}

/* Look at e's source, and set e->type; *ret_follow: it is a symlink, which is followed. */
static bool look(const struct named *t, struct entry *e, struct stat *st, bool *ret_follow)
{
	*ret_follow = false;
	if (entry_stat_src(e, st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	*ret_follow = S_ISLNK(st->st_mode) && options_follows(t->c->opts, e->operand);
	if (*ret_follow && entry_stat_src(e, st, 0) < 0)
		return false;
	e->type = st->st_mode & S_IFMT;
	return true;
}

/* Copy all that is in the directory that was entered last. */
static void copy_whole(struct named *t, bool just)
{
	if (t->c->opts->recursive) {
		chain_walk(&t->chain, just);
		return;
	}
	char *src = full_source(t);
	report_error_about(&(struct report_about){ .op = OP_CHECK, .src = src }, 0,
			   N_("-r not specified; omitting directory %s"), quote_always(0, src));
	free(src);
	end_current(t, end_failed);
}

/* The current name is that of the directory e. */
static void copy_dir(struct named *t, const struct entry *e, bool follow)
{
	if (t->whole && !t->c->opts->recursive) {
		copy_whole(t, false);
		return;
	}
	if (!enter(t, e, follow, true))
		return;
	if (t->whole)
		copy_whole(t, true);
	/* A later name may not lead through the symlink. */
	if (follow && !e->operand && !t->c->opts->follow_within)
		chain_cut(&t->chain, t->chain.n - 1);
}

/*
 * Returns true if e has been copied before, by this name, where hard links are kept: what is
 * there must not give way to a link to itself.
 */
static bool is_linked_already(struct context *c, const struct entry *e)
{
	struct stat there;

	if (!hardlink_possible(c->opts, e) || entry_stat_dst(e, &there, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	int is = links_is_copy(&c->links, e->st, &there);
	if (is >= 0)
		return is;
	context_drain(c);
	return links_is_copy(&c->links, e->st, &there) > 0;
}

static void copy_file(struct named *t, struct entry *e)
{
	struct attempt attempt;

	if (!e->operand)
		again_attempt(e, &attempt);
	if (select_entry(t->c->opts, e) != SELECT_COPY)
		return;
	if (is_linked_already(t->c, e)) {
		outcome(e, OUTCOME_LINKED, NULL);
		return;
	}
	if (e->operand)
		sweep_for_operand(t->c->opts, &t->sweep, e);
	chain_settle(&t->chain);
	copy_entry(t->c, e);
}

/* Copy the entry e, the current name, whose directory is pinned. */
static void copy_last(struct named *t, struct entry *e)
{
	struct stat st;
	bool follow;

	if (!chain_lets(&t->chain, e))
		return;
	if (e->operand)
		durable_note_parent(e);
	if (!look(t, e, &st, &follow)) {
		fail_to_look(t, e, errno);
		return;
	}
	e->st = &st;
	if (S_ISDIR(e->type))
		copy_dir(t, e, follow);
	else
		copy_file(t, e);
}

/* Copy what has the name text in the list, or begin to. */
static void copy_name(struct named *t, const char *text)
{
	if (!understand(t, text) || !enter_source(t))
		return;
	leave_others(t);
	if (t->chain.n > t->nparts) {
		/* It is a directory that has been entered already. */
		if (t->whole)
			copy_whole(t, false);
		return;
	}
	while (t->chain.n < t->nparts) {
		size_t depth = t->chain.n;
		const struct entry e = entry_at(t, depth);
		bool follow = depth ? t->c->opts->follow_within : options_follows(t->c->opts, true);

		if (!enter(t, &e, follow, false))
			return;
	}
	struct entry e = entry_at(t, t->nparts);
	if (!dir_pin(e.dir)) {
		end_current(t, end_failed);
		return;
	}
	copy_last(t, &e);
	dir_unpin(e.dir);
}

/* ---------------------------------------------------------------- the list */

/* Report a name of which text is the beginning. */
static void refuse_bad(const struct named *t, const char *text)
{
	char *shown = ximemdup0(text, strnlen(text, SHOWN));

	report_error(0, "%s has a name that is too long or has a NUL byte in it "
		     "(see --null): %s...", quote_always(0, t->c->opts->files_from),
		     quote_always(1, shown));
	free(shown);
}

/* Copy each name that l has, or count it as left out. */
static enum list_result copy_all(struct named *t, struct list *l)
{
	enum list_result r;
	char *text;

	while ((r = list_next(l, &text)) == LIST_NAME || r == LIST_BAD) {
		if (r == LIST_BAD) {
			refuse_bad(t, text);
		} else if (!stop_asked()) {
			copy_name(t, text);
		} else {
			end_name(t, text, text, outcome_left_out);
			/* The rest is read for the sake of the list alone. */
			if (!failed_is_open())
				return LIST_STOPPED;
		}
	}
	return r;
}

void named_copy(struct context *c, int fd, struct named_source *sources, int n)
{
	struct named t = { .c = c, .sources = sources, .nsources = n };
	struct list l;

	/* What there is to copy is not known before the list ends. */
	c->may_prescan = false;
	list_begin(&l, &c->loop, fd, c->opts->null);
	enum list_result r = copy_all(&t, &l);
	if (r == LIST_ERROR)
		report_error(errno, "error reading %s", quote_always(0, c->opts->files_from));
	if (r == LIST_STOPPED)
		stop_leave_out();
	list_end(&l);
	leave_source(&t);
	free(t.rest);
	free(t.parts);
}
