/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* stage - a copy goes from stage to stage, never back. */
#ifndef CF_STAGE_H
#define CF_STAGE_H

#include <assert.h>
#include <errno.h>

#include "libcopyfile.h"
#include "limit.h"
#include "pause.h"
#include "watch.h"

/*
 * The stage begins, and watch says so, when the limits allow it; before the destination is opened
 * that also waits for the end of a pause.  Returns 0; or -ECANCELED, and watch has the stage of
 * before.
 */
static inline int cf_stage_begin(struct cf_watch *watch, enum copyfile_stage stage)
{
	assert(stage > cf_relaxed_get(watch->stage));
	/* Later other copies may wait for this one; data.c knows whether it can be paused. */
	bool may_pause = stage <= COPYFILE_OPEN_DST;
	int r = cf_limit_calls(watch);

	if (r == 0)
		r = may_pause			 ? cf_pause_check(watch)
		    : cf_relaxed_get(watch->cancel) ? -ECANCELED
						   : 0;

	if (r == 0)
		cf_relaxed_set(watch->stage, stage);
	return r;
}

#endif
