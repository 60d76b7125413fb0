/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: by now every entry of every directory has been copied, or has failed.  Nothing is
 * removed from a directory if anything in it or below it has failed: what seems to be extra
 * may be what could not be read.  Then what is left is counted, at any depth, and if that is
 * too much nothing goes at all.  Only then things are removed.
 *
 * A directory that is doomed in part is not complete, and so neither are those above it; that
 * is how failures below are found here, while directories that are complete have added theirs
 * to the one above already.
 */
#include <config.h>

#include "walk/prune.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "base/options.h"
#include "base/relaxed.h"
#include "base/stop.h"
#include "copy/context.h"
#include "copy/doomed.h"
#include "report/report.h"
#include "tree/dir.h"
#include "tree/dirresult.h"
#include "walk/walk.h"

/* tests/mirror builds a pcp that shows what happens without this. */
#ifndef PRUNE_UNCLEAN
#define PRUNE_UNCLEAN false
#endif

/* Mark the directories above names->dir, if it or one on the way is not clean, or not finished. */
static void spread_failures(const struct doomed_names *names)
{
	bool finished = true, clean = true;

	for (struct dir *d = names->dir; d->parent; d = d->parent) {
		const struct dir_result result = dirresult_of(d);

		finished = finished && result.finished;
		clean = clean && result.clean;
		if (!finished)
			dir_mark_unfinished(d);
		if (!clean)
			dir_mark_unread(d);
	}
}

/* Returns true if a file has made room: that counts no more than to overwrite one. */
static bool is_replaced_file(const struct doomed_names *n)
{
	mode_t type;

	return n->replaced && later_peek(&n->names, &type) && !S_ISDIR(type);
}

/* Count or remove what is doomed in clean directories.  Returns how many are not clean. */
static unsigned int visit_all(struct context *c, bool count)
{
	unsigned int unclean = 0;

	for (const struct doomed_names *n = c->doomed.first; n; n = n->next) {
		if (!dirresult_of(n->dir).clean && !PRUNE_UNCLEAN)
			unclean++;
		else if (!count || !is_replaced_file(n))
			walk_doomed(c, (n->replaced ? DOOM_REPLACED : DOOM_EXTRA) |
				    (count ? DOOM_COUNT : 0), n->dir, &n->names);
	}
	context_drain(c);
	return unclean;
}

/* Returns true if not too much is doomed; else that has been reported. */
static bool within_limit(struct context *c)
{
	const struct options *o = c->opts;
	uint64_t max = o->max_delete;

	if (o->max_delete_percent && max >= 100)
		return true;
	visit_all(c, true);
	uint64_t doomed = relaxed_get(c->doomed.below);
	uint64_t there = relaxed_get(c->doomed.kept) + doomed;
	bool within = o->max_delete_percent ? doomed <= there / 100.0 * max : doomed <= max;
	if (!within)
		report_error_n(&(struct report_about){ .op = OP_REMOVE },
			       "not deleting anything: %ju of %ju entry of the destination is "
			       "more than --max-delete=%ju%s allows",
			       "not deleting anything: %ju of %ju entries of the destination "
			       "are more than --max-delete=%ju%s allows", there,
			       (uintmax_t)doomed, (uintmax_t)there, (uintmax_t)max,
			       o->max_delete_percent ? "%" : "");
	return within;
}

static void remove_all(struct context *c)
{
	unsigned int unclean = visit_all(c, false);

	if (unclean)
		report_warning_n(&(struct report_about){ .op = OP_REMOVE },
				 "warning: not deleting in %u directory in which something failed",
				 "warning: not deleting in %u directories in which something "
				 "failed", unclean, unclean);
}

/* Nothing is removed from any directory. */
static void leave_all(struct context *c)
{
	for (const struct doomed_names *n = c->doomed.first; n; n = n->next)
		dir_mark_unfinished(n->dir);
	stop_leave_out();
}

void prune(struct context *c)
{
	if (!c->opts->delete)
		return;
	context_drain(c);
	for (const struct doomed_names *n = c->doomed.first; n; n = n->next)
		spread_failures(n);
	if (c->doomed.first && (stop_asked() || !within_limit(c)))
		leave_all(c);
	else
		remove_all(c);
	doomed_fini(&c->doomed);
}
