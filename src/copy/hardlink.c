/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: links.c knows which names an inode has; here is what is done with them.  The
 * first is copied.  Those that are met before that copy has ended wait for it; those
 * that come later are linked at once.  If the copy failed, the next name is copied in
 * its place.
 *
 * The names that waited have their turn in a loop, not by recursion, also where the copy of
 * one of them ends at once.  Else a file with thousands of names that cannot be read would
 * need a stack frame for each.
 *
 * A name may have had something else at its destination that became a backup.  That goes
 * with the name: it is freed when the link or copy is there, and restored if there is none.
 */
#include <config.h>

#include "copy/hardlink.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/options.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/copy.h"
#include "copy/entry.h"
#include "copy/existing.h"
#include "copy/full.h"
#include "copy/outcome.h"
#include "copy/plan.h"
#include "tree/dir.h"
#include "xalloc.h"

bool hardlink_possible(const struct options *o, const struct entry *e)
{
	return o->keep_links && !o->hard_link && e->st &&
	       (e->st->st_nlink > 1 || options_follows(o, e->operand));
}

static struct link_name name_of(const struct entry *e, char *backup)
{
	return (struct link_name){ .dir = e->dir, .src = e->src, .dst = e->dst, .backup = backup };
}

enum link_role hardlink_meet(struct context *c, const struct entry *e, char *backup,
			     struct link **ret)
{
	const struct link_name name = name_of(e, backup);
	struct stat st = *e->st;

	/* Through symlinks, or as operands, an inode may be met any number of times. */
	if (options_follows(c->opts, e->operand) || c->sources)
		st.st_nlink = LINKS_ANY;
	return links_meet(&c->links, &st, &name, ret);
}

void hardlink_note_symlink(struct context *c, struct link *k, const struct entry *e)
{
	links_note_symlink(&c->links, k, options_follows(c->opts, e->operand) &&
					 !e->dir->created && existing_is_symlink(e));
}

/* Copy e, so that the rest of k's names become links to that; or e waits for such a copy. */
static void copy_anew(struct context *c, const struct entry *e, const struct plan *plan)
{
	const struct link_name name = name_of(e, plan->backup);

	if (!links_rename(&c->links, plan->link, &name))
		return;
	hardlink_note_symlink(c, plan->link, e);
	copy_planned(c, e, plan);
}

void hardlink_make(struct context *c, struct link *k, const struct entry *e, char *backup)
{
	bool replaced;
	char *first;
	int err = links_make(&c->links, k, e->dir, e->dst, options_follows(c->opts, e->operand),
			     &replaced, &first);

	if (err == EMLINK) {
		free(first);
		/* As many names as the file system allows: begin a new file. */
		copy_anew(c, e, &(struct plan){ .link = k, .backup = backup });
		return;
	}
	if (err) {
		complain_link(e, err, first);
		free(first);
		existing_restore(c, e, backup);
	} else {
		free(backup);
		if (replaced && c->opts->verbose)
			copy_announce_removed(e);
	}
	outcome(e, err ? OUTCOME_FAILED : OUTCOME_LINKED, NULL);
}

/* Copy e, one of k's names, since the copy of another has failed; backup as for make. */
static void copy_instead(struct context *c, struct link *k, const struct entry *e, char *backup)
{
	struct plan plan = { .link = k };
	enum go go = plan_look(c, e, &plan);

	if (go != GO) {
		plan_leave_out(e, go);
		existing_restore(c, e, backup);
		return;
	}
	/* A second backup is of what has come since the first was made, which then stays. */
	if (plan.backup)
		free(backup);
	else
		plan.backup = backup;
	copy_anew(c, e, &plan);
}

/* k's copy has ended, well or not: link w, which waited for that, or copy it. */
static void settle_waiting(struct context *c, struct link *k, struct waiting *w, bool copied)
{
	struct entry e = {
		.dir = w->dir, .src = w->name_src, .dst = w->name_dst, .type = k->type,
	};

	copy_number(&e);
	if (!dir_pin(e.dir)) {
		plan_leave_out(&e, REFUSED);
		return;
	}
	char *backup = w->backup;
	w->backup = NULL;
	if (full_bars(c, &e))
		/* It is left out. */
		existing_restore(c, &e, backup);
	else if (copied)
		hardlink_make(c, k, &e, backup);
	else
		copy_instead(c, k, &e, backup);
	dir_unpin(e.dir);
}

/* A link whose copy has ended, for which settle_link() is due later or in another thread */
struct ended_link {
	struct work work;
	struct context *c;
	struct link *link;		/* this thread is one of its users */
	struct ended_link *next;
};

/* What this thread is at in settle_link() */
static _Thread_local struct {
	struct link *now;		/* NULL: it is not in there */
	struct ended_link *later;	/* whose copies this thread has seen end meanwhile */
} settling;

/* The copy of k's file has ended: the names that waited get their turn. */
static void settle_link(struct context *c, struct link *k)
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

static struct ended_link *new_ended(struct context *c, struct link *k)
{
	struct ended_link *ended = xmalloc(sizeof *ended);

	*ended = (struct ended_link){ .c = c, .link = k };
	return ended;
}

static void settle_links(struct context *c, struct link *k)
{
	struct ended_link *next;

	settle_link(c, k);
	while ((next = settling.later)) {
		settling.later = next->next;
		settle_link(c, next->link);
		free(next);
	}
}

static void settle_work(struct work *work)
{
	struct ended_link *ended =
		(struct ended_link *)((char *)work - offsetof(struct ended_link, work));

	settle_links(ended->c, ended->link);
	free(ended);
}

void hardlink_end(struct context *c, struct link *k, bool copied)
{
	links_end(&c->links, k, copied);
	/* The copy of a name that had waited: settle_link() goes on with the next. */
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

		ended->work.run = settle_work;
		if (workers_give(&c->workers, &ended->work))
			return;
		free(ended);
	}
	settle_links(c, k);
}

void hardlink_keep(struct context *c, const struct entry *e)
{
	struct link *link;

	switch (hardlink_meet(c, e, NULL, &link)) {
	case LINK_FIRST:
		plan_leave_out(e, STAY);
		hardlink_note_symlink(c, link, e);
		hardlink_end(c, link, true);
		break;
	case LINK_FURTHER:
		hardlink_make(c, link, e, NULL);
		links_leave(&c->links, link);
		break;
	case LINK_WAITS:
		break;
	}
}
