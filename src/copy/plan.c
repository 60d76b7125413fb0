/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: existing.c decides about what is at the destination; here its action becomes a
 * plan.  In a directory that this run has made there is nothing, and no system call is spent
 * on it.
 */
#include <config.h>

#include "copy/plan.h"

#include <assert.h>

#include <libcopyfile.h>

#include "base/language.h"
#include "base/options.h"
#include "copy/announce.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "copy/existing.h"
#include "copy/outcome.h"
#include "copy/unchanged.h"
#include "tree/dir.h"

/* About so many system calls show that there is nothing to copy. */
#define LOOK_CALLS 2

/*
 * As existing_prepare(); if there is nothing to copy, that has been the work on e.  But not
 * with -i: then a person may have been waited for.
 */
static enum existing_action prepare(struct context *c, const struct entry *e,
				    struct existing *ret)
{
	struct copyfile_work work;

	copyfile_work_begin(&work);
	enum existing_action action = existing_prepare(c, e, ret);
	if (!c->opts->ask && (action == EXISTING_UP_TO_DATE || action == EXISTING_KEEP) &&
	    c->opts->update != UPDATE_CHECKSUM)
		copyfile_work_end(&work, dir_src_fd(e->dir), dir_dst_fd(e->dir), LOOK_CALLS);
	else
		copyfile_limit_take(0, LOOK_CALLS);
	return action;
}

/*
 * Returns true if nothing need be looked at, as there will hardly be anything: e's name would have
 * to be in a list twice.  Then the library refuses to make it, and that is the second attempt.
 */
static bool is_likely_new(const struct options *o, const struct entry *e, const struct plan *plan)
{
	bool one_name = e->st && (e->st->st_nlink == 1 || !o->keep_links);

	return e->dir->fresh && !plan->again && options_rename(o, e->type) && one_name;
}

enum plan_action plan_complete(struct context *c, const struct entry *e, struct plan *plan)
{
	struct existing there;

	/* But for what another attempt has left there. */
	if (!e->again && (dir_is_new(e->dir) || is_likely_new(c->opts, e, plan)))
		return PLAN_COPY;
	enum existing_action action = prepare(c, e, &there);
	plan->why = there.why;
	switch (action) {
	case EXISTING_NONE:
		plan->backup = there.backup;
		return PLAN_COPY;
	case EXISTING_OVERWRITE:
		plan->over = true;
		plan->dst = there.st;
		plan->through = there.through;
		plan->in_place = there.in_place;
		plan->from = there.from;
		plan->backup = there.backup;
		return PLAN_COPY;
	case EXISTING_UP_TO_DATE:
	case EXISTING_ATTRIBUTES:
		plan->dst = there.st;
		plan->through = there.through;
		return action == EXISTING_ATTRIBUTES ? PLAN_ATTRIBUTES : PLAN_KEEP_AS_COPY;
	case EXISTING_KEEP:
		return PLAN_KEEP;
	default:
		return PLAN_REFUSED;
	}
}

/*
 * Returns true if that is for the sake of the journal: if this run is killed, the next one could
 * not tell a part of a copy from what others have put into that directory.
 */
static bool is_aside_for_journal(const struct options *o, const struct entry *e,
				 const struct plan *plan)
{
	const struct dir *d = e->dir;

	return d->ledger && !d->created && !d->resumed && !plan->over && options_rename(o, e->type);
}

bool plan_makes_aside(const struct options *o, const struct entry *e, const struct plan *plan)
{
	if (plan->in_place)
		return false;
	return options_aside(o, e->type) || is_aside_for_journal(o, e, plan) ||
	       (plan->over && options_replace(o, e->type));
}

void plan_leave_out(struct context *c, const struct entry *e, const struct plan *plan,
		    enum plan_action why)
{
	assert(why != PLAN_COPY);
	if (why != PLAN_REFUSED)
		announce_explained(c, e, why == PLAN_ATTRIBUTES ? N_("attributes of %s: %s\n") :
				   N_("leave %s: %s\n"),
				   plan->why ? plan->why : N_("there is such a link"));
	if (why == PLAN_ATTRIBUTES)
		unchanged_put_right(c, e, &plan->dst);
	outcome(e, why == PLAN_REFUSED ? OUTCOME_FAILED :
		   why == PLAN_ATTRIBUTES ? OUTCOME_ATTRIBUTES : OUTCOME_SKIPPED, NULL);
}
