/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * scale - how many threads to have, found out by trying.  It knows numbers and
 * the time it is told, nothing else.  Not thread-safe: its owner locks it.
 */
#ifndef CF_SCALE_H
#define CF_SCALE_H

#include <stdbool.h>
#include <stdint.h>

#include "libcopyfile.h"

/* Decisions that are remembered, the last ones */
#define CF_SCALE_HISTORY 32

struct cf_scale {
	unsigned int target;		/* the answer: threads to have now */
	unsigned int least, most;	/* bounds of it */
	unsigned int first;		/* to begin with where tasks wait; 0: what suits small copies */

	bool waits;			/* tasks wait: more threads may be faster */
	int64_t waits_until;		/* unless somebody says so again */
	bool crowded;			/* ... but not now */

	enum { CF_SCALE_STEADY, CF_SCALE_UP, CF_SCALE_DOWN } trial;
	unsigned int old_target;	/* before the trial ... */
	double old_rate;		/* ... and the work done then, units per second */
	bool down_next;			/* which way to try next ... */
	int64_t retry, backoff;		/* ... when, and how long to rest after that */
	int64_t down_after;		/* fewer are not tried at once */

	/* The measurement under way */
	bool settling;			/* tasks begun before the last change still end: ... */
	unsigned int under_way;		/* ... at most so many */
	bool starved;			/* some thread had nothing to do */
	unsigned int count;		/* tasks ended */
	uint64_t work;			/* units done */
	int64_t since;

	int64_t started;		/* when the first task came; 0: never */
	unsigned int ndecisions;	/* made in all; the last ones are here, at n % HISTORY */
	struct copyfile_decision history[CF_SCALE_HISTORY];
};

/*
 * A task is on its way.  Have at least and at most so many threads; waits: tasks
 * of its kind mostly wait, else they burn the processor, and least is right.  crowded:
 * they find the processors busy, and more are not to be tried.
 * now is in nanoseconds, of a clock that only goes forward.
 */
void cf_scale_expect(struct cf_scale *s, unsigned int least, unsigned int most, bool waits,
		     bool crowded, int64_t now);

/* A task of work units has ended; starved: some thread found nothing to do since. */
void cf_scale_ended(struct cf_scale *s, unsigned int work, bool starved, int64_t now);

#endif
