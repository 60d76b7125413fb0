/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Design: each thread notes the time in a cache line of its own, so that noting costs no more. */
#include <config.h>

#include "callers.h"

#include <stdatomic.h>
#include <time.h>

#include "clock.h"
#include "relaxed.h"

/* A thread that copied by itself within this time (ns) counts. */
#define LATELY 50000000

/* Threads that are told apart */
#define CALLERS 64

static struct {
	_Alignas(64) _Atomic int64_t last;	/* CLOCK_MONOTONIC_COARSE, ns; 0: never */
} callers[CALLERS];

void cf_callers_note(int64_t now)
{
	static atomic_uint threads;
	static _Thread_local unsigned int mine;	/* 0: not chosen yet */

	if (!mine)
		mine = 1 + cf_relaxed_add(threads, 1) % CALLERS;
	cf_relaxed_set(callers[mine - 1].last, now);
}

unsigned int cf_callers_count(void)
{
	int64_t since = cf_clock(CLOCK_MONOTONIC_COARSE) - LATELY;
	unsigned int n = 0;

	for (unsigned int i = 0; i < CALLERS; i++)
		n += cf_relaxed_get(callers[i].last) > since;
	return n;
}
