/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * scale - how many threads to have, found by trials.  It knows only numbers, and the time
 * that it is told.  Not thread-safe: its owner locks it.
 */
#ifndef CF_SCALE_H
#define CF_SCALE_H

#include <stdbool.h>
#include <stdint.h>

#include "libcopyfile.h"

/* How many decisions are remembered */
#define CF_SCALE_HISTORY 32

struct cf_scale {
	unsigned int target;		/* the answer: threads to have now */
	unsigned int least, most;	/* bounds of it */
	unsigned int first;		/* threads to begin with where tasks wait; 0: least */

	bool waits;			/* tasks wait: more threads may be faster */
	int64_t waits_until;		/* at least; each task that waits moves it */
	bool crowded;			/* processors are short: do not try more threads now */

	enum { CF_SCALE_STEADY, CF_SCALE_UP, CF_SCALE_DOWN } trial;
	unsigned int old_target;	/* before the trial */
	double old_rate;		/* work done before the trial, in units per second */
	bool doubted;			/* the trial was a loss, by one measurement */
	bool guessing;			/* nothing has been measured: target follows first */
	bool down_next;			/* the next trial is with fewer threads */
	int64_t retry;			/* when the next trial may begin */
	int64_t backoff;		/* how long to rest after that */
	int64_t begins_until;		/* see BEGINNING in scale.c */
	int64_t fewer_from;		/* see FEWER_FROM there */

	/* The measurement under way */
	bool settling;			/* tasks that began before the last change still end */
	unsigned int under_way;		/* most tasks that do so */
	bool starved;			/* a thread had nothing to do */
	unsigned int count;		/* tasks ended */
	uint64_t work;			/* units done */
	int64_t busy;			/* time (ns) that the tasks took, added up */
	int64_t since;

	int64_t started;		/* when the first task came; 0: not yet */
	unsigned int ndecisions;	/* made so far; number n is at n % CF_SCALE_HISTORY */
	struct copyfile_decision history[CF_SCALE_HISTORY];
};

/*
 * A task is about to come.  The number of threads stays between least and most.  waits says
 * that tasks such as this one mostly wait; otherwise they burn the processor, and least is
 * the right number.  crowded says that tasks find the processors busy: then no more threads
 * are tried.  now is in nanoseconds, of a clock that only goes forward.
 */
void cf_scale_expect(struct cf_scale *s, unsigned int least, unsigned int most, bool waits,
		     bool crowded, int64_t now);

/*
 * A task has ended, which took so many nanoseconds (0: there are no more threads than there are to
 * be) and was work units of work.  starved says
 * that a thread has found nothing to do since the last task ended.
 */
void cf_scale_ended(struct cf_scale *s, int64_t took, unsigned int work, bool starved,
		    int64_t now);

#endif
