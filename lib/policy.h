/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * policy - who should run a copy, and on how many threads; decided by what
 * copies have cost so far.  Thread-safe.
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
	int64_t wall, busy;	/* nanoseconds, when it began */
};

/* Around a copy; end with the bytes that it moved.  Most are not measured. */
void cf_policy_begin(struct cf_policy_sample *s);
void cf_policy_end(const struct cf_policy_sample *s, uint64_t bytes);

/* Do copies mostly wait (for a server, a disk)?  True until it is known. */
bool cf_policy_waits(void);

/*
 * How many threads to have now.  fixed: what copyfile_setup() asked for, or 0.
 * caller_works: the calling thread copies as well.
 */
struct cf_pool_limits cf_policy_limits(unsigned int fixed, bool caller_works);

#endif
