/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sample - what a few pieces of work spend their time on.  Thread-safe. */
#ifndef CF_SAMPLE_H
#define CF_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "spent.h"

/* A piece of work of one thread, from its beginning to its end */
struct cf_sample {
	bool taken;			/* it is measured from its beginning */
	struct cf_spent begin;		/* if it is not, wall is by CLOCK_MONOTONIC_COARSE */
	int64_t call;			/* ns that a system call waits which needs no file system */
};

/* What the work took, in ns, without what a limit made it wait */
struct cf_cost {
	int64_t cpu, queue, wait;	/* as in struct cf_spent; wait: for something else */
};

/*
 * The work begins, at the time now of CLOCK_MONOTONIC_COARSE (ns).  It is measured if it must be,
 * or if it is time for a sample.
 */
void cf_sample_begin(struct cf_sample *s, int64_t now, bool must);

/* Returns true if its end tells something: it is measured, or it became time meanwhile. */
bool cf_sample_counts(const struct cf_sample *s);

/* The work, which was measured, has ended; it made so many system calls. */
struct cf_cost cf_sample_end(const struct cf_sample *s, unsigned int calls);

/*
 * The work has ended that was not measured from its beginning, and cf_sample_counts().  Returns
 * true, and at most what it took, if that is known.  If not, the next work is measured.
 */
bool cf_sample_end_late(const struct cf_sample *s, struct cf_cost *ret);

/* Measure the next work of this thread. */
void cf_sample_next(void);

/* Returns how long the work has taken so far, in ns, on average. */
int64_t cf_sample_took(const struct cf_sample *s);

#endif
