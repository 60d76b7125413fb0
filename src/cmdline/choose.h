/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * choose - the options that say what of the sources is left out.  What is wrong with their
 * arguments is reported, and ends the run.  Main thread only.
 */
#ifndef PCP_CHOOSE_H
#define PCP_CHOOSE_H

#include <stdbool.h>

struct options;

/* How the patterns that follow on the command line are matched; zero in the beginning */
struct choose {
	bool anchored, ignore_case, literal, slash_apart;
};

/*
 * Apply c, which table_next() returned, with its argument arg, if it is such an option.
 * Returns false if it is not.
 */
bool choose_apply(struct options *o, struct choose *how, int c, const char *arg);

/* All options have been applied: with --dry-run=explain set o->rules. */
void choose_end(struct options *o);

#endif
