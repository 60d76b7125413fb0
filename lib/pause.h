/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pause - a copy that stands still until it is resumed or cancelled.  Thread-safe.
 */
#ifndef CF_PAUSE_H
#define CF_PAUSE_H

#include <errno.h>
#include <stdint.h>

#include "watch.h"

/*
 * The copy of a file up to this size is not paused once it has created its destination:
 * copies that overwrite files in that directory wait for it (see claim.c).
 */
#define CF_PAUSE_MORE_THAN (256 << 10)

/*
 * The copy stands still from the next cf_pause_check() of each of its threads, until
 * cf_pause_end().
 */
void cf_pause_begin(struct cf_watch *watch);
void cf_pause_end(struct cf_watch *watch);

/* Sleep while the copy is paused.  Meanwhile the pool runs another thread in this one's place. */
void cf_pause_sleep(const struct cf_watch *watch);

/*
 * A thread of the copy calls this between two chunks, without any lock.  Returns 0, after the
 * end of the pause if the copy is paused; or -ECANCELED if it is cancelled.
 */
static inline int cf_pause_check(const struct cf_watch *watch)
{
	if (cf_relaxed_get(watch->paused))
		cf_pause_sleep(watch);
	return cf_relaxed_get(watch->cancel) ? -ECANCELED : 0;
}

/*
 * Does what cf_pause_check() does, for a copy of size bytes that has opened its destination: if
 * it is small it is not paused.
 */
static inline int cf_pause_check_data(const struct cf_watch *watch, int64_t size)
{
	if (size > CF_PAUSE_MORE_THAN)
		return cf_pause_check(watch);
	return cf_relaxed_get(watch->cancel) ? -ECANCELED : 0;
}

#endif
