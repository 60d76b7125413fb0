/* SPDX-License-Identifier: GPL-3.0-or-later */
/* active - a look at the pending copies.  Main thread only. */
#ifndef PCP_ACTIVE_H
#define PCP_ACTIVE_H

#include <stdint.h>

struct pending;
struct window;

/* A copy that is being made */
struct active {
	const struct pending *pending;	/* the window's; for active_look() alone */
	int64_t since;			/* when it was first seen to run: CLOCK_MONOTONIC, ns */
	uint64_t id;			/* as that of struct entry */
	char *src;			/* its full name, on the heap */
	uint64_t bytes_done, bytes_total;
	double rate;			/* bytes a second, in the last second or so */
};

/* All pending copies */
struct active_sum {
	unsigned int count;
	unsigned int copying;		/* of those, begun: the rest is queued */
	uint64_t bytes_done;		/* that they have in place so far */
};

/*
 * Look at the pending copies of w.  Of those that run, and whose size is known, max at most
 * are put into list, the longest-running first.  Returns how many; the caller frees their
 * names.
 */
unsigned int active_look(struct window *w, struct active *list, unsigned int max,
			 struct active_sum *ret);

#endif
