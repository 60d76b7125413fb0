/* SPDX-License-Identifier: GPL-3.0-or-later */
/* budget - how the descriptors and threads of a run are shared out. */
#ifndef PCP_BUDGET_H
#define PCP_BUDGET_H

#include <stdbool.h>

struct options;

struct budget {
	unsigned int dirs, window, threads, walkers;
	bool in_order, prescan;
};

/* How many descriptors the process may still open; raises its soft limit first. */
unsigned int budget_free_descriptors(void);

/* Share out so many descriptors as opts ask for. */
struct budget budget_share(const struct options *opts, unsigned int fds);

#endif
