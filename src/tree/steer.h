/* SPDX-License-Identifier: GPL-3.0-or-later */
/* steer - how many workers are worth it: measured, and set from time to time.  Thread-safe. */
#ifndef PCP_STEER_H
#define PCP_STEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct workers;

struct steer {
	struct workers *workers;		/* whose number is steered */
	/* Times of CLOCK_MONOTONIC_COARSE, in nanoseconds */
	_Atomic int64_t next_resize;
	_Atomic int64_t idle_since;		/* work waits and there is nothing to copy; 0: no */
};

void steer_init(struct steer *s, struct workers *workers);

/* Set the number of workers, if it is time.  The next one does that as well. */
void steer_update(struct steer *s);

/*
 * Returns true if another worker would take a subtree or a batch of files, at once or as its next
 * work.
 */
bool steer_wants_help(struct steer *s);

#endif
