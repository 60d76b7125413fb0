/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: an entry goes through the questions that cp asks, in cp's order
 * (what is at the destination, may it go, is this a further name of a file
 * copied already), and then to whoever makes what is wanted: the window for what
 * the library does, manual.c, node.c and mklink.c for the rest.  In a directory
 * that this run has made there is nothing to ask about, and no system call is
 * spent on it.
 *
 * What follows from the end of a copy stands in copy_ended(): the message, the
 * names that wait for it.
 */
#include <config.h>

#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "areadlink.h"
#include "attrs.h"
#include "clock.h"
#include "complain.h"
#include "existing.h"
#include "full.h"
#include "json.h"
#include "manual.h"
#include "mklink.h"
#include "names.h"
#include "node.h"
#include "options.h"
#include "outcome.h"
#include "report.h"
#include "stop.h"
#include "verbose.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* As many as the kernel follows */
#define MOST_SYMLINKS 40

/* ------------------------------------------------------------- messages */

void copy_announce(const struct copy *c, const struct entry *e, const char *backup)
{
	if (!c->opts->verbose)
		return;
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	char *old = backup ? dir_dst_path(e->dir, backup) : NULL;
	verbose_copied(src, dst, old);
	free(src);
	free(dst);
	free(old);
}

void copy_announce_removed(const struct entry *e)
{
	char *path = dir_dst_path(e->dir, e->dst);

	verbose_removed(path);
	free(path);
}

/* ------------------------------------------------------ the copy itself */

uint64_t copy_attr_flags(const struct options *o)
{
	return o->attrs ? o->attrs | COPYFILE_LENIENT : 0;
}

/* A small operand is not worth a thread. */
static bool not_worth_a_thread(const struct copy *c, const struct entry *e)
{
	return e->operand && !c->opts->recursive && c->opts->noperands <= 3 && e->st &&
	       e->st->st_size < 1024 * 1024;
}

/* What the library is asked for, besides the source's attributes */
static uint64_t data_flags(const struct options *o)
{
	static const uint64_t reflink[] = {
		[WHEN_ALWAYS] = COPYFILE_REFLINK, [WHEN_NEVER] = COPYFILE_NO_REFLINK,
	};
	static const uint64_t sparse[] = {
		[WHEN_ALWAYS] = COPYFILE_SPARSE, [WHEN_NEVER] = COPYFILE_NO_SPARSE,
	};

	return reflink[o->reflink] | sparse[o->sparse] |
	       (o->default_mode ? COPYFILE_PLAIN_MODE | COPYFILE_LENIENT : 0);
}

/* A copy that is about to begin: what was found, and what depends on how it ends */
struct plan {
	bool over;			/* the destination is there, */
	struct stat dst;		/* and is this; zeros: not known */
	char *backup;			/* its new name, or NULL; owned */
	struct link *link;		/* names that wait for this copy, or NULL */
	bool again;			/* it was begun before, when nothing was there */
};

static void start(struct copy *c, const struct entry *e, const struct plan *plan)
{
	struct pending p = {
		.dir = e->dir, .src = e->src, .dst = e->dst, .type = e->type,
		.operand = e->operand, .link = plan->link, .backup = plan->backup,
		.id = e->id, .begun = e->begun, .again = plan->again,
		.flags = copy_attr_flags(c->opts) | data_flags(c->opts),
	};

	if (!options_follows(c->opts, e->operand))
		p.flags |= COPYFILE_NOFOLLOW;
	if (not_worth_a_thread(c, e))
		p.flags |= COPYFILE_SYNC;
	/* A symlink that need not go beforehand is in the way, but for -f. */
	if (plan->over && (!S_ISLNK(e->type) || c->opts->force)) {
		p.flags |= COPYFILE_TRUNCATE;
		/* Where two operands overwrite one inode the last one wins. */
		if (e->operand) {
			p.over_dev = plan->dst.st_dev;
			p.over_ino = plan->dst.st_ino;
		}
		/* A FIFO may have no reader for long; nor is main to wait for a device. */
		if (plan->dst.st_mode && !S_ISREG(plan->dst.st_mode))
			p.flags = (p.flags & ~COPYFILE_SYNC) | COPYFILE_ASYNC;
	}
	window_start(&c->window, &p);
}

static void copy_new(struct copy *c, const struct entry *e, const struct plan *plan);

enum go {
	GO,		/* ahead with the plan */
	STAY,		/* nothing is to be done */
	STAY_AS_COPY,	/* the same, but what is there is as good as a copy */
	REFUSED		/* nothing can be, which has been reported */
};

/* Complete plan by what is at the destination of e. */
static enum go look(struct copy *c, const struct entry *e, struct plan *plan)
{
	struct existing there;

	if (e->dir->fresh)
		return GO;
	switch (existing_look(c, e, &there)) {
	case EXISTING_NONE:
		plan->backup = there.backup;
		return GO;
	case EXISTING_OVER:
		plan->over = true;
		plan->dst = there.st;
		return GO;
	case EXISTING_UP_TO_DATE:
		return STAY_AS_COPY;
	case EXISTING_KEPT:
		return STAY;
	default:
		return REFUSED;
	}
}

/* e is not copied. */
static void leave_out(const struct entry *e, enum go why)
{
	outcome(e, why == REFUSED ? OUTCOME_FAILED : OUTCOME_SKIPPED, NULL);
}

/* e, which is about to be copied, is the first name of k: is it written through a symlink? */
static void note_symlink(struct copy *c, struct link *k, const struct entry *e)
{
	links_note_symlink(&c->links, k, options_follows(c->opts, e->operand) &&
					 !e->dir->fresh && existing_is_symlink(e));
}

/*
 * Give k's file the name e.  If it cannot have one more, e becomes the copy that the
 * rest of k's names wait for, or waits itself.
 */
static void link_to(struct copy *c, struct link *k, const struct entry *e)
{
	bool replaced;
	char *first;
	int err = links_make(&c->links, k, e->dir, e->dst, options_follows(c->opts, e->operand),
			     &replaced, &first);

	if (err == EMLINK) {
		free(first);
		/* As many names as the file system allows: begin a new one. */
		if (links_rename(&c->links, k, e->dir, e->src, e->dst)) {
			note_symlink(c, k, e);
			copy_new(c, e, &(struct plan){ .link = k });
		}
		return;
	}
	if (err) {
		complain_link(e, err, first);
		free(first);
	} else if (replaced && c->opts->verbose)
		copy_announce_removed(e);
	outcome(e, err ? OUTCOME_FAILED : OUTCOME_LINKED, NULL);
}

/* Copy e, one of k's names, since the copy of another has failed. */
static void copy_instead(struct copy *c, struct link *k, const struct entry *e)
{
	struct plan plan = { .link = k };
	enum go go = look(c, e, &plan);

	if (go != GO)
		leave_out(e, go);
	else if (links_rename(&c->links, k, e->dir, e->src, e->dst)) {
		note_symlink(c, k, e);
		copy_new(c, e, &plan);
	} else
		existing_restore(c, e, plan.backup);
}

/* Let w have its turn now that k's copy has ended, well or not. */
static void settle_waiting(struct copy *c, struct link *k, const struct waiting *w, bool copied)
{
	struct entry e = {
		.dir = w->dir, .src = w->name_src, .dst = w->name_dst, .type = k->type,
	};

	copy_number(&e);
	if (!dir_use(e.dir)) {
		leave_out(&e, REFUSED);
		return;
	}
	if (full_bars(c, &e))
		; /* it is left out */
	else if (copied)
		link_to(c, k, &e);
	else
		copy_instead(c, k, &e);
	dir_release(e.dir);
}

/* A link whose copy has ended, to be settled later or by another thread */
struct ended_link {
	struct chore chore;
	struct copy *c;
	struct link *link;		/* this thread is one of its users */
	struct ended_link *next;
};

/* This thread settles links; those whose copies end meanwhile, in its hands */
static _Thread_local struct {
	struct link *now;		/* NULL: it does not */
	struct ended_link *later;
} settling;

/* The copy of k's file has ended: the names that waited get their turn. */
static void settle_link(struct copy *c, struct link *k)
{
	struct waiting *w;
	bool copied;

	settling.now = k;
	while ((w = links_next(&c->links, k, &copied))) {
		settle_waiting(c, k, w, copied);
		dir_put(w->dir);
		waiting_free(w);
	}
	settling.now = NULL;
	links_leave(&c->links, k);
}

static struct ended_link *new_ended(struct copy *c, struct link *k)
{
	struct ended_link *ended = xmalloc(sizeof *ended);

	*ended = (struct ended_link){ .c = c, .link = k };
	return ended;
}

static void settle_links(struct copy *c, struct link *k)
{
	struct ended_link *next;

	settle_link(c, k);
	while ((next = settling.later)) {
		settling.later = next->next;
		settle_link(c, next->link);
		free(next);
	}
}

static void settle_chore(struct chore *chore)
{
	struct ended_link *ended =
		(struct ended_link *)((char *)chore - offsetof(struct ended_link, chore));

	settle_links(ended->c, ended->link);
	free(ended);
}

/*
 * A copy of k's file has ended.  It may be that of a name that had waited: then this
 * thread is within settle_link(), and goes on there; for by recursion the stack would
 * have to hold a frame for each name of a file that cannot be read.
 */
static void end_link(struct copy *c, struct link *k, bool copied)
{
	links_end(&c->links, k, copied);
	if (settling.now == k) {
		links_leave(&c->links, k);
		return;
	}
	if (settling.now) {
		struct ended_link *ended = new_ended(c, k);

		ended->next = settling.later;
		settling.later = ended;
		return;
	}
	/* Main has more to reap, and links may have to wait for a server. */
	if (window_is_main(&c->window) && links_awaited(&c->links, k)) {
		struct ended_link *ended = new_ended(c, k);

		ended->chore.run = settle_chore;
		if (crew_give(&c->crew, &ended->chore))
			return;
		free(ended);
	}
	settle_links(c, k);
}

/* ------------------------------------------------- the end of a copy */

/* What else there is to say of a copy */
static void report_details(const struct copy *c, const struct entry *e,
			   const struct copyfile_info *info)
{
	if (info->skipped)
		attrs_complain(c, e, info);
	if (info->changed) {
		char *src = dir_src_path(e->dir, e->src);
		report_warning(&(struct report_about){ .op = OP_READ, .src = src, .id = e->id },
			       "warning: %s changed while it was copied", report_quote(0, src));
		free(src);
	}
	if (c->opts->debug && S_ISREG(e->type))
		verbose_method(c->opts, e, info);
}

bool copy_is_target(const struct copy *c, const struct entry *e)
{
	if (!c->targets)
		return false;
	char *path = dir_dst_path(e->dir, e->dst);
	bool is = names_have(c->targets, path);
	free(path);
	return is;
}

/* An operand has its destination for itself, unless nothing is made of it after all. */
static void note_target(struct copy *c, const struct entry *e, bool made)
{
	if (!e->operand || !c->targets)
		return;
	char *path = dir_dst_path(e->dir, e->dst);
	if (made)
		names_add(c->targets, path);
	else
		names_remove(c->targets, path);
	free(path);
}

/* e has been copied, or not: what depends on that. */
static void settle(struct copy *c, const struct entry *e, const struct plan *plan, bool ok)
{
	if (ok)
		free(plan->backup);
	else
		existing_restore(c, e, plan->backup);
	if (!ok)
		note_target(c, e, false);
	if (plan->link)
		end_link(c, plan->link, ok);
}

/* What the symlink name in dir leads to, as a name in dir.  The caller frees it. */
static char *end_of_symlink(int dir, const char *name)
{
	char *path = xstrdup(name), *target;

	for (int i = 0; i < MOST_SYMLINKS && (target = areadlinkat(dir, path)); i++) {
		const char *slash = strrchr(path, '/');
		char *next = target[0] == '/' || !slash ? xstrdup(target) :
			     xasprintf("%.*s%s", (int)(slash + 1 - path), path, target);

		free(target);
		free(path);
		path = next;
	}
	return path;
}

/*
 * Something has come to be at e's destination since that was looked at: another entry,
 * if names that differ in case only are one, or another program.  Copy e as if it had
 * been there.  As try_again()
 */
static bool meet_new(struct copy *c, const struct entry *e, struct plan *plan, bool *said)
{
	plan->again = true;
	/* Its own name is that of an operand, but it has made nothing. */
	note_target(c, e, false);
	enum go go = look(c, e, plan);

	switch (go) {
	case GO:
		note_target(c, e, true);
		start(c, e, plan);
		return true;
	case REFUSED:
		*said = true;
		return false;
	default:
		leave_out(e, go);
		settle(c, e, plan, true);
		return true;
	}
}

/*
 * Copying e failed because its destination could not be opened.  True: it has been
 * begun once more.  False: not; or that could not be, which *said tells has been
 * reported.
 */
static bool try_again(struct copy *c, const struct entry *e, const struct pending *p, int err,
		      bool *said)
{
	struct plan plan = { .backup = p->backup, .link = p->link };
	bool over = p->flags & COPYFILE_TRUNCATE;

	if (S_ISLNK(e->type))
		return false;
	/* EINVAL: it is the source. */
	if (over && c->opts->force && err != ENOENT && err != EINVAL) {
		*said = !existing_remove(c, e);
		if (!*said)
			start(c, e, &plan);
		return !*said;
	}
	/* As POSIX has it: a dangling symlink is written through. */
	if (!over && err == EEXIST && c->opts->through_dangling && existing_is_symlink(e)) {
		struct entry end = *e;
		char *path = end_of_symlink(dir_dst_fd(e->dir), e->dst);

		end.dst = path;
		start(c, &end, &plan);
		free(path);
		return true;
	}
	if (!over && err == EEXIST && !p->again && !e->dir->fresh && !plan.backup &&
	    !existing_is_symlink(e))
		return meet_new(c, e, &plan, said);
	return false;
}

/* Is the symlink that e is to become there already?  With -u that will do. */
static bool symlink_is_there(const struct copy *c, const struct entry *e)
{
	if (!S_ISLNK(e->type) || c->opts->update != UPDATE_OLDER)
		return false;
	char *want = areadlinkat(dir_src_fd(e->dir), e->src);
	char *have = areadlinkat(dir_dst_fd(e->dir), e->dst);
	bool is = want && have && !strcmp(want, have);

	free(want);
	free(have);
	return is;
}

void copy_ended(void *arg, const struct pending *p, int result,
		const struct copyfile_info *info)
{
	struct copy *c = arg;
	const struct entry e = {
		.dir = p->dir, .src = p->src, .dst = p->dst, .type = p->type,
		.operand = p->operand, .id = p->id, .begun = p->begun,
		.partial = info->partial,
	};
	const struct plan plan = { .backup = p->backup, .link = p->link };
	if (result == -EEXIST && symlink_is_there(c, &e)) {
		leave_out(&e, STAY);
		settle(c, &e, &plan, true);
		return;
	}
	bool ok = result == 0, said = false;
	bool interrupted = result == -ECANCELED && stop_asked() == STOP_SIGNAL;

	/* What was cancelled there had its destination open. */
	if (!ok && !interrupted && info->stage == COPYFILE_OPEN_DST &&
	    try_again(c, &e, p, -result, &said))
		return;
	if (result == -EINVAL && p->flags & COPYFILE_TRUNCATE &&
	    info->stage == COPYFILE_OPEN_DST && S_ISREG(e.type))
		complain_both(&e, OP_CHECK, 0, false, "%s and %s are the same file");
	else if (result < 0 && !said && !interrupted)
		complain_copy(c, &e, -result, info);
	else if (interrupted && info->partial == COPYFILE_PARTIAL_KEPT)
		complain_dst(&e, OP_WRITE, 0, "interrupted: %s is incomplete");
	report_details(c, &e, info);
	if (result == 0)
		outcome(&e, info->method == COPYFILE_BY_REFLINK ? OUTCOME_CLONED : OUTCOME_COPIED,
			info);
	else if (!interrupted)
		outcome(&e, OUTCOME_FAILED, info);
	settle(c, &e, &plan, ok);
}

/* -------------------------------------------------------------- an entry */

/* Make what e's copy is to be, where that is not the library's business. */
static bool make(struct copy *c, const struct entry *e, const struct plan *plan,
		 enum outcome *ret)
{
	const struct options *o = c->opts;

	*ret = OUTCOME_LINKED;
	if (o->symlink)
		return mklink_symbolic(c, e);
	if (o->hard_link)
		return mklink_hard(c, e);
	*ret = OUTCOME_COPIED;
	if (S_ISREG(e->type) || o->contents)
		return manual_copy(c, e, plan->over ? &plan->dst : NULL);
	*ret = OUTCOME_CREATED;
	return node_copy(c, e);
}

static void copy_new(struct copy *c, const struct entry *e, const struct plan *plan)
{
	const struct options *o = c->opts;
	bool data = S_ISLNK(e->type) || (S_ISREG(e->type) && !o->attributes_only), ok = false;
	enum outcome made;

	if (stop_asked())
		stop_leave_out();
	else if (data && !o->symlink && !o->hard_link) {
		start(c, e, plan);
		return;
	} else {
		ok = make(c, e, plan, &made);
		if (ok || stop_asked() != STOP_SIGNAL)
			outcome(e, ok ? made : OUTCOME_FAILED, NULL);
	}
	settle(c, e, plan, ok);
}

/* Are other names of e's inode to become links to its copy? */
static bool may_have_names(const struct options *o, const struct entry *e)
{
	return o->keep_links && !o->hard_link && e->st &&
	       (e->st->st_nlink > 1 || options_follows(o, e->operand));
}

/* What its role among the names of its inode is; see links_meet() */
static enum link_role meet(struct copy *c, const struct entry *e, struct link **ret)
{
	struct stat st = *e->st;

	/* By way of symlinks, or of operands, an inode is met any number of times. */
	if (options_follows(c->opts, e->operand) || c->sources)
		st.st_nlink = LINKS_ANY;
	return links_meet(&c->links, &st, e->dir, e->src, e->dst, ret);
}

/* What is there counts as the copy of e; or gives way to a link to an earlier one. */
static void meet_kept(struct copy *c, const struct entry *e)
{
	struct link *link;

	switch (meet(c, e, &link)) {
	case LINK_FIRST:
		leave_out(e, STAY);
		note_symlink(c, link, e);
		end_link(c, link, true);
		break;
	case LINK_FURTHER:
		link_to(c, link, e);
		links_leave(&c->links, link);
		break;
	case LINK_WAITS:
		break;
	}
}

void copy_number(struct entry *e)
{
	/* Otherwise those in flight are numbered, see window.c. */
	if (!json_tells_files())
		return;
	e->id = outcome_new_id();
	e->begun = clock_now(CLOCK_MONOTONIC);
}

/* Do with e what plan says. */
static void follow_plan(struct copy *c, const struct entry *e, struct plan *plan)
{
	bool names = may_have_names(c->opts, e);

	switch (names ? meet(c, e, &plan->link) : LINK_FIRST) {
	case LINK_FIRST:
		if (names)
			note_symlink(c, plan->link, e);
		note_target(c, e, true);
		copy_new(c, e, plan);
		break;
	case LINK_FURTHER:
		link_to(c, plan->link, e);
		links_leave(&c->links, plan->link);
		free(plan->backup);
		break;
	case LINK_WAITS:
		free(plan->backup);
		break;
	}
}

void copy_entry(struct copy *c, const struct entry *wanted)
{
	struct plan plan = { .link = NULL };
	struct entry e = *wanted;

	if (stop_asked()) {
		stop_leave_out();
		return;
	}
	if (full_bars(c, &e))
		return;
	copy_number(&e);
	enum go go = look(c, &e, &plan);
	if (go == GO) {
		copy_announce(c, &e, plan.backup);
		follow_plan(c, &e, &plan);
	} else if (go == STAY_AS_COPY && may_have_names(c->opts, &e))
		meet_kept(c, &e);
	else
		leave_out(&e, go);
}
