/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: threads that all add to one number fight for its cache line, which
 * costs more than a system call.  So there are several cells, each in lines of
 * its own; a thread adds to one of them, and cf_counted() returns the sum of all.
 */
#include <config.h>

#include "count.h"

#include <stdatomic.h>

#include "relaxed.h"

/* Threads that share a cell are rarely busy at the same moment. */
#define CELLS 32

#define CACHE_LINE 64

static struct {
	_Alignas(CACHE_LINE) _Atomic uint64_t n[CF_COUNTERS];
} cells[CELLS];

void cf_count(enum cf_counter which, uint64_t n)
{
	static atomic_uint threads;
	static _Thread_local unsigned int mine;	/* 0: not chosen yet */

	if (!mine)
		mine = 1 + cf_relaxed_add(threads, 1) % CELLS;
	_Atomic uint64_t *cell = &cells[mine - 1].n[which];
	uint64_t old = cf_relaxed_add(*cell, n);
	/* Clones of sparse files can have more bytes than a counter can hold. */
	if (old > UINT64_MAX - n)
		cf_relaxed_set(*cell, UINT64_MAX);
}

uint64_t cf_counted(enum cf_counter which)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < CELLS; i++) {
		uint64_t n = cf_relaxed_get(cells[i].n[which]);

		sum = sum > UINT64_MAX - n ? UINT64_MAX : sum + n;
	}
	return sum;
}
