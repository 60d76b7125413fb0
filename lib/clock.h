/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clock - the time in nanoseconds, in one number. */
#ifndef CF_CLOCK_H
#define CF_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CF_SECOND ((int64_t)1000000000)

static inline int64_t cf_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * CF_SECOND + t.tv_nsec;
}

/* Returns the time of a clock that only goes forward. */
static inline int64_t cf_now(void)
{
	return cf_clock(CLOCK_MONOTONIC);
}

#endif
