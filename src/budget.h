/* SPDX-License-Identifier: GPL-3.0-or-later */
/* budget - how the descriptors and threads of a run are shared out.  Main thread only. */
#ifndef PCP_BUDGET_H
#define PCP_BUDGET_H

#include <stdbool.h>

struct options;

struct budget {
	unsigned int dirs;	/* descriptors that directories may keep open */
	unsigned int window;	/* most pending cookies; 0: no copy is ever pending */
	unsigned int threads;	/* most threads of the library; 0: the library decides */
	unsigned int most_threads;	/* for which there are descriptors */
	unsigned int walkers;	/* most threads that walk; 0: the main thread walks */
	bool in_order;		/* a copy ends before the next one begins */
	bool prescan;		/* there are descriptors for a prescan */
};

/*
 * Raise the soft limit of descriptors, to 8192 at most, and return how many descriptors the
 * process may still open: its parent may have left some open.
 */
unsigned int budget_free_descriptors(void);

/*
 * Share out free_fds descriptors (any number) and the threads that opts ask for.  All that a
 * run with this budget has open at the same time is at most free_fds, if that is enough to
 * copy anything at all.
 */
struct budget budget_share(const struct options *opts, unsigned int free_fds);

#endif
