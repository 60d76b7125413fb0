/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* spent - on what the calling thread has spent its time */
#ifndef CF_SPENT_H
#define CF_SPENT_H

#include <stdbool.h>
#include <stdint.h>

/* A thread's times so far, in ns */
struct cf_spent {
	int64_t wall;		/* CLOCK_MONOTONIC */
	int64_t cpu;		/* it had a processor */
	int64_t queue;		/* it queued for one, if the system tells; else 0 */
	int64_t held;		/* of wall: what limits made it wait */
	long sleeps;		/* a number: how often it has gone to sleep */
};

/* Returns those of the calling thread.  Reads a file in /proc. */
struct cf_spent cf_spent_now(void);

/* Returns true if cpu is exact.  If not, it is right on the average of many pieces of work. */
bool cf_spent_is_exact(void);

/* Returns how many system calls cf_spent_now() makes, at least. */
int cf_spent_calls(void);

#endif
