/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: asked once.  A process that is moved to other processors while it copies is rare,
 * and keeps the number that it began with.
 */
#include <config.h>

#include "cores.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "relaxed.h"

/* How many processors there may be at most: guards against a kernel that never has enough. */
#define MOST_CORES (1 << 20)

/* Returns how many processors this thread may run on; 1 if that can't be told. */
static unsigned int count_cores(void)
{
	unsigned int count = 0;
	bool too_small = true;

	/* The kernel refuses a set that has no room for all processors. */
	for (int room = CPU_SETSIZE; too_small && room <= MOST_CORES; room *= 2) {
		cpu_set_t *set = CPU_ALLOC(room);
		size_t size = CPU_ALLOC_SIZE(room);
		int r = set ? sched_getaffinity(0, size, set) : -1;

		too_small = set && r < 0 && errno == EINVAL;
		count = r == 0 ? CPU_COUNT_S(size, set) : 0;
		CPU_FREE(set);
	}
	return count ? count : 1;
}

unsigned int cf_cores(void)
{
	static atomic_uint cores;
	unsigned int n = cf_relaxed_get(cores);

	if (!n) {
		n = count_cores();
		cf_relaxed_set(cores, n);
	}
	return n;
}
