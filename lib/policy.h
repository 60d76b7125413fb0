/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy - who should run a copy, and on how many threads; decided by what
 * copies between the same two file systems have cost so far.  Thread-safe.
 */
#ifndef CF_POLICY_H
#define CF_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "pool.h"
#include "sample.h"

/* Files above this size are handed over to the pool, whatever they cost. */
#define CF_BIG_SIZE (1024 * 1024)

struct cf_policy_sample {
	struct cf_sample work;
	uint64_t pair;		/* of file systems; see place.h */
};

/*
 * Measure a copy, or not: most copies are not measured.  Both calls are made by the thread
 * that copies; a caller, one of the program's threads, is noted as such (callers.h).  end is
 * told the bytes that were moved and the system calls that were made.
 */
void cf_policy_begin(struct cf_policy_sample *s, uint64_t pair, bool caller);
void cf_policy_end(const struct cf_policy_sample *s, uint64_t bytes, unsigned int calls);

/*
 * Work of the program's own, such as making a directory, has ended, and cf_sample_counts(): it was
 * for pair, and made so many calls.
 */
void cf_policy_end_work(const struct cf_sample *work, uint64_t pair, unsigned int calls);

/* The copy has turned out to be big, so its time tells nothing: do not measure it. */
void cf_policy_is_big(struct cf_policy_sample *s);

/* Copies of pair end only when a disk has answered, as those that are read back. */
void cf_policy_expect_wait(uint64_t pair);

/* Returns true if copies of pair mostly wait (for a server, a disk), or if it is not known. */
bool cf_policy_waits(uint64_t pair);

/*
 * The caller is about to hand over a copy of pair.  If there is no verdict on pair, and a few
 * copies have been handed over to be measured, sleep until there is one, but at most 1 ms.
 */
void cf_policy_await(uint64_t pair);

/* Returns the limits for copies of pair.  fixed is what copyfile_setup() asked for, or 0. */
struct cf_pool_limits cf_policy_limits(unsigned int fixed, uint64_t pair);

/*
 * Returns how many threads would keep all processors busy, for work of the pair that was
 * measured last; 0 if it does not wait, or if nothing was measured.
 */
unsigned int cf_policy_demand(void);

/* Returns how many threads of the program should copy where copies do not wait. */
unsigned int cf_policy_callers_wanted(void);

/* Returns the percentage of copies that waited, of the pair that was measured last. */
unsigned int cf_policy_waiting(void);

#endif
