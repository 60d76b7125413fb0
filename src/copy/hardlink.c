/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: links.c knows which names an inode has; here is what is done with them.  The
 * first is copied.  Those that are met before that copy has ended wait for it; those
 * that come later are linked at once.  If the copy failed, the next name is copied in
 * its place.
 *
 * Nothing is copied here; the caller is told which names it has to copy.  So the names that
 * waited have their turn in a loop of the caller's, one after the other, and a file that
 * cannot be read takes no stack frame for each of its thousands of names.
 *
 * Most files have one name.  In a new directory they are copied without a look, and the copy
 * itself, which knows the file's stat, refuses one with several names.  As this costs more
 * than a look, the files that follow are looked at: names of this kind come in heaps.
 *
 * A name may have had something else at its destination that became a backup.  That goes
 * with the name: it is freed when the link or copy is there, and restored if there is none.
 */
#include <config.h>

#include "copy/hardlink.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/language.h"
#include "base/options.h"
#include "base/relaxed.h"
#include "copy/announce.h"
#include "copy/backup.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/dry.h"
#include "copy/full.h"
#include "copy/links.h"
#include "copy/newlink.h"
#include "copy/outcome.h"
#include "copy/relink.h"
#include "journal/journal.h"
#include "report/checksums.h"
#include "tree/byfd.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirrefs.h"

/* So many files are looked at after one with several names. */
#define LOOKS 32

bool hardlink_look_first(const struct context *c, const struct entry *e)
{
	const struct options *o = c->opts;
	bool by_library = S_ISREG(e->type) && !o->symlink && !o->hard_link && !o->attributes_only;

	return !by_library || !dir_is_new(e->dir) || c->in_order ||
	       options_follows(o, e->operand) || relaxed_get(c->looks);
}

void hardlink_noticed(struct context *c, nlink_t names)
{
	unsigned int looks = relaxed_get(c->looks);

	if (names > 1)
		relaxed_set(c->looks, LOOKS);
	else if (looks)
		relaxed_set(c->looks, looks - 1);
}

bool hardlink_possible(const struct options *o, const struct entry *e)
{
	return o->keep_links && !o->hard_link && e->st &&
	       (e->st->st_nlink > 1 || options_follows(o, e->operand));
}

static struct link_name name_of(const struct entry *e, char *backup)
{
	return (struct link_name){ .dir = e->dir, .src = e->src, .dst = e->dst, .backup = backup };
}

/* Note whether e, a name of k that is about to be copied by plan, goes through a symlink. */
static void note_symlink(struct context *c, struct link *k, const struct entry *e,
			 const struct plan *plan)
{
	const struct stat *end = plan->through ? &plan->dst : NULL;
	const struct stat unknown = { .st_dev = 0 };

	/* Where a dangling one leads there is nothing yet. */
	if (!end && c->opts->through_dangling && !dir_is_new(e->dir) && entry_dst_is_symlink(e))
		end = &unknown;
	links_note_symlink(&c->links, k, options_follows(c->opts, e->operand) ? end : NULL);
}

/*
 * A new copy of k's file is needed, which the rest of k's names will be links to.  Returns
 * true if the caller has to make it, of e by plan.  Returns false if another thread has
 * begun to make one, for which e waits.
 */
static bool begin_new_copy(struct context *c, struct link *k, const struct entry *e,
			   struct plan *plan)
{
	const struct link_name name = name_of(e, plan->backup);

	if (!links_rename(&c->links, k, &name))
		return false;
	plan->link = k;
	note_symlink(c, k, e, plan);
	return true;
}

/* Returns as links_make(). */
static int try_link(struct context *c, const struct link *k, const struct entry *e,
		    const struct plan *plan, bool *ret_replaced, char **ret_first)
{
	bool dry = c->opts->dry_run, follow = options_follows(c->opts, e->operand);
	int err = 0;

	*ret_replaced = false;
	*ret_first = NULL;
	/* With --dry-run what was there would be gone by now. */
	if (!dry || plan->dst.st_mode)
		err = links_make(&c->links, k, e->dir, e->dst, follow, dry, ret_replaced,
				 ret_first);
	if (!err && dry && (err = dry_change(e)))
		*ret_first = links_name(&c->links, k);
	return err;
}

/*
 * Give k's file the name e.  Returns true if it cannot have one more, so that the caller
 * has to copy e by plan.
 */
static bool make_link(struct context *c, struct link *k, const struct entry *e,
		      struct plan *plan)
{
	struct checksum sum;
	bool replaced;
	char *first;
	int err = try_link(c, k, e, plan, &replaced, &first);

	/* Not before: the link may be there already. */
	if (err == EACCES && relaxed_get(e->dir->write_protected)) {
		free(first);
		dir_let_owner_write(e->dir);
		err = try_link(c, k, e, plan, &replaced, &first);
	}
	if (err == EMLINK) {
		free(first);
		/* What becomes a backup without losing its name is still there. */
		*plan = (struct plan){
			.backup = plan->backup, .dst = plan->dst,
			.over = plan->over && options_replace(c->opts, e->type),
		};
		return begin_new_copy(c, k, e, plan);
	}
	if (err > 0) {
		complain_link(e, err, first);
		free(first);
		backup_restore(c, e, plan->backup);
		outcome(e, OUTCOME_FAILED, NULL);
		return false;
	}
	if (replaced)
		announce_removed(c, e);
	if (!err)
		announce_made(c, e, plan->backup);
	free(plan->backup);
	links_get_sum(&c->links, k, &sum);
	if (err != NEWLINK_IS_THERE)
		announce_explained(c, e, N_("link %s: %s\n"),
				   N_("another name of it was copied"));
	if (err == NEWLINK_IS_THERE)
		plan_leave_out(c, e, plan, PLAN_KEEP);
	else
		outcome_linked(e, &sum);
	return false;
}

static enum link_role role_of(struct context *c, const struct entry *e,
			      const struct plan *plan, struct link **ret)
{
	const struct link_name name = name_of(e, plan->backup);
	struct stat st = *e->st;

	/* Through symlinks, as operands, listed or again, it may be met any number of times. */
	if (options_follows(c->opts, e->operand) || c->targets || c->opts->retry ||
	    c->opts->files_from)
		st.st_nlink = LINKS_ANY;
	if (journal_has_links())
		relink_meet(c, &st);
	enum link_role role = links_meet(&c->links, &st, &name, ret);
	if (role == LINK_FIRST)
		note_symlink(c, *ret, e, plan);
	return role;
}

bool hardlink_meet(struct context *c, const struct entry *e, struct plan *plan)
{
	struct link *k;
	enum link_role role = role_of(c, e, plan, &k);

	if (role == LINK_FIRST)
		plan->link = k;
	if (role != LINK_FURTHER)
		return role == LINK_FIRST;
	bool copy = make_link(c, k, e, plan);
	links_leave(&c->links, k);
	return copy;
}

/* The copy of another name of k has failed.  Returns true if e has to be copied by plan. */
static bool take_over(struct context *c, struct link *k, const struct entry *e,
		      struct plan *plan)
{
	char *backup = plan->backup;

	*plan = (struct plan){ .link = NULL };
	enum plan_action action = plan_complete(c, e, plan);
	if (action != PLAN_COPY) {
		plan_leave_out(c, e, plan, action);
		backup_restore(c, e, backup);
		return false;
	}
	/* A second backup is of what has come since the first was made, which then stays. */
	if (plan->backup)
		free(backup);
	else
		plan->backup = backup;
	return begin_new_copy(c, k, e, plan);
}

/* Link turn's name, or plan its copy.  Returns true if the caller has to copy it. */
static bool begin_turn(struct context *c, struct link *k, struct hardlink_turn *turn, bool copied)
{
	const struct entry *e = &turn->entry;

	again_attempt(&turn->entry, &turn->attempt);
	outcome_number(&turn->entry);
	if (!dir_pin(e->dir)) {
		plan_leave_out(c, e, &turn->plan, PLAN_REFUSED);
		return false;
	}
	turn->plan = (struct plan){ .backup = turn->name->backup };
	turn->name->backup = NULL;
	bool copy = false;
	if (full_bars(c, e))
		backup_restore(c, e, turn->plan.backup);
	else if (copied)
		copy = make_link(c, k, e, &turn->plan);
	else
		copy = take_over(c, k, e, &turn->plan);
	if (!copy)
		dir_unpin(e->dir);
	return copy;
}

static void free_turn(struct hardlink_turn *turn)
{
	dir_put(turn->entry.dir);
	waiting_free(turn->name);
}

bool hardlink_next(struct context *c, struct link *k, struct hardlink_turn *ret)
{
	bool copied;

	while ((ret->name = links_next(&c->links, k, &copied))) {
		ret->entry = (struct entry){
			.dir = ret->name->dir, .src = ret->name->name_src,
			.dst = ret->name->name_dst, .type = DTTOIF(k->type),
		};
		if (begin_turn(c, k, ret, copied))
			return true;
		free_turn(ret);
	}
	links_leave(&c->links, k);
	return false;
}

void hardlink_end_turn(struct hardlink_turn *turn)
{
	dir_unpin(turn->entry.dir);
	free_turn(turn);
}

bool hardlink_ended(struct context *c, struct link *k, bool copied)
{
	if (links_end(&c->links, k, copied))
		return true;
	links_leave(&c->links, k);
	return false;
}

struct link *hardlink_meet_existing(struct context *c, const struct entry *e,
				    const struct plan *found, enum plan_action why)
{
	struct plan plan = *found;
	struct link *k;

	switch (role_of(c, e, &plan, &k)) {
	case LINK_FIRST:
		plan_leave_out(c, e, found, why);
		return k;
	case LINK_FURTHER:
		break;
	case LINK_WAITS:
		return NULL;
	}
	/* Where k's file cannot have one more name, what is there is the copy for the rest. */
	bool another = make_link(c, k, e, &plan);
	links_leave(&c->links, k);
	if (!another)
		return NULL;
	plan_leave_out(c, e, found, why);
	return k;
}
