/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a system call that is refused is wasted, which counts for small files.  So pairs
 * of file systems that have refused are remembered, in a table without a lock, but not for
 * ever: a device number may come to mean another file system.  A wrong entry costs one vain
 * call, or a slower way to the same result.
 */
#include <config.h>

#include "refusal.h"

#include <assert.h>
#include <stdatomic.h>
#include <time.h>

#include "clock.h"
#include "fibhash.h"
#include "relaxed.h"

/* From this size on (bytes) one call in vain does not matter. */
#define ALWAYS_TRY_SIZE (1 << 20)

/* For so long (ns) a refusal is remembered: one vain call in 10 s does not matter either. */
#define MEMORY 10000000000

/* Refusals that are remembered: 2^BITS */
#define BITS 7

static struct entry {
	_Atomic uint64_t key;		/* 0: free */
	_Atomic int64_t until;		/* of CLOCK_MONOTONIC_COARSE, in ns */
} table[1 << BITS];

/* Returns what stands for the two of them, never 0. */
static uint64_t key_of(enum cf_refusable what, uint64_t pair)
{
	assert(pair);
	return pair << 1 | what | 1ULL << 63;
}

static struct entry *entry_of(uint64_t key)
{
	return &table[cf_hash(key, BITS)];
}

bool cf_refusal_try(enum cf_refusable what, off_t size, uint64_t pair)
{
	uint64_t key = key_of(what, pair);
	const struct entry *e = entry_of(key);

	return size >= ALWAYS_TRY_SIZE || cf_relaxed_get(e->key) != key ||
	       cf_relaxed_get(e->until) < cf_clock(CLOCK_MONOTONIC_COARSE);
}

void cf_refusal_note(enum cf_refusable what, uint64_t pair)
{
	uint64_t key = key_of(what, pair);
	struct entry *e = entry_of(key);

	cf_relaxed_set(e->key, key);
	cf_relaxed_set(e->until, cf_clock(CLOCK_MONOTONIC_COARSE) + MEMORY);
}
