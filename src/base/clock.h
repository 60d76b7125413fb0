/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clock - the time, as one number. */
#ifndef PCP_CLOCK_H
#define PCP_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_SECOND INT64_C(1000000000)

/* Nanoseconds */
static inline int64_t clock_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * CLOCK_SECOND + t.tv_nsec;
}

static inline double clock_seconds(int64_t ns)
{
	return (double)ns / CLOCK_SECOND;
}

#endif
