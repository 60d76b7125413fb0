/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: existing.c judges what is at the destination; here its action becomes a plan.  In
 * a directory that this run has made there is nothing, and no system call is spent on it.
 */
#include <config.h>

#include "copy/plan.h"

#include "copy/context.h"
#include "copy/entry.h"
#include "copy/existing.h"
#include "copy/outcome.h"
#include "tree/dir.h"

enum go plan_look(struct context *c, const struct entry *e, struct plan *plan)
{
	struct existing there;

	if (e->dir->created)
		return GO;
	switch (existing_look(c, e, &there)) {
	case EXISTING_NONE:
		plan->backup = there.backup;
		return GO;
	case EXISTING_OVERWRITE:
		plan->over = true;
		plan->dst = there.st;
		return GO;
	case EXISTING_UP_TO_DATE:
		return STAY_AS_COPY;
	case EXISTING_KEEP:
		return STAY;
	default:
		return REFUSED;
	}
}

void plan_leave_out(const struct entry *e, enum go why)
{
	outcome(e, why == REFUSED ? OUTCOME_FAILED : OUTCOME_SKIPPED, NULL);
}
