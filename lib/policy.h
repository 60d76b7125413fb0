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

/* Files above this size are worth handing over, whatever they cost. */
#define CF_BIG_SIZE (1024 * 1024)

struct cf_policy_sample {
	bool taken;
	uint64_t pair;		/* of file systems; see place.h */
	int64_t wall, busy, queued;	/* nanoseconds, when it began */
	int64_t call;		/* what a call waits that does not wait for a file system */
};

/*
 * Around a copy; end with the bytes that it moved and the system calls that it
 * made.  Most are not measured.
 */
void cf_policy_begin(struct cf_policy_sample *s, uint64_t pair);
void cf_policy_end(const struct cf_policy_sample *s, uint64_t bytes, unsigned int calls);

/* The copy has turned out to be big: how long it takes says nothing. */
void cf_policy_is_big(struct cf_policy_sample *s);

/* Do copies of this pair mostly wait (for a server, a disk)?  True until it is known. */
bool cf_policy_waits(uint64_t pair);

/*
 * A copy of pair is about to be handed over.  If nothing is known of it yet, and a
 * few have been handed over to be measured, sleep until one has, but not for long.
 */
void cf_policy_await(uint64_t pair);

/* The calling thread is about to copy by itself. */
void cf_policy_caller_works(void);

/* How many threads to have for copies of pair.  fixed: as copyfile_setup() asked, or 0. */
struct cf_pool_limits cf_policy_limits(unsigned int fixed, uint64_t pair);

/* For the curious: threads that copy by themselves now; percent of copies that waited. */
unsigned int cf_policy_callers(void);
unsigned int cf_policy_waiting(void);

unsigned int cf_policy_cores(void);

#endif
