/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * adapt - how much of its time each thread may work, found by how long the work takes.  It knows
 * only numbers, and the time that it is told.  Thread-safe, without a lock.
 */
#ifndef CF_ADAPT_H
#define CF_ADAPT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Kinds of work, which take different times: each is only compared with itself. */
#define CF_ADAPT_KINDS 160

struct cf_adapt {
	atomic_bool on;
	atomic_bool closing;		/* some thread ends the window */
	atomic_uint window;		/* number of the one under way */
	atomic_uint threads;		/* that have been seen in it */
	atomic_uint samples;		/* calls that ended in it */
	_Atomic int64_t begun;		/* when it began, ns; 0: not yet */
	atomic_uint share;		/* the answer: that of its time, of CF_ADAPT_WHOLE */
	struct cf_adapt_kind {
		_Atomic int64_t sum;	/* what its calls took in the window, ns */
		atomic_uint n;		/* of so many calls */
		_Atomic int64_t quiet;	/* what one takes in the quiet state, ns; 0: not known */
	} kinds[CF_ADAPT_KINDS];

	atomic_uint state;		/* see adapt.c */

	/* Of the thread that ends a window */
	int64_t next_probe;		/* ns */
	double saved;			/* the share when the probe began */
};

#define CF_ADAPT_WHOLE 65536

/* A thread, as adapt sees it; zeros to begin with */
struct cf_adapt_thread {
	unsigned int window;		/* in which it was seen last */
};

/* Begin anew, with nothing known; or end. */
void cf_adapt_set(struct cf_adapt *a, bool on);

/*
 * The thread t has done work of that kind, which took so many calls, 1 or more, and ns in all.  now
 * is the time, in nanoseconds of a clock that only goes forward.  Returns for how long the thread
 * should rest for that.
 */
int64_t cf_adapt_worked(struct cf_adapt *a, struct cf_adapt_thread *t, unsigned int kind,
			unsigned int calls, int64_t ns, int64_t now);

#endif
