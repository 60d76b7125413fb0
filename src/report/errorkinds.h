/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * errorkinds - errors and warnings by what was attempted and why it failed, with a few examples
 * of each kind, for --report.  It takes the same memory for any run.  Thread-safe.
 */
#ifndef PCP_ERRORKINDS_H
#define PCP_ERRORKINDS_H

#include <stdbool.h>
#include <stdint.h>

/* So many kinds are told apart, ... */
#define ERRORKINDS_MOST 64

/* ... with so many examples of each. */
#define ERRORKINDS_EXAMPLES 3

struct errorkind {
	unsigned int op;		/* enum report_op */
	int err;			/* an errno value, or 0 */
	bool warning;
	uint64_t count;
	unsigned int nexamples;
	char *examples[ERRORKINDS_EXAMPLES];	/* messages, the first that came */
};

/* They are wanted.  Call this before there are threads, or not at all. */
void errorkinds_begin(void);

/* op is an enum report_op, err an errno value or 0. */
void errorkinds_add(unsigned int op, bool warning, int err, const char *message);

/*
 * For the main thread, when no other one adds anything: the kinds, the most frequent first and
 * errors before warnings.  *ret_others is how many came when there was no room for their kind.
 */
const struct errorkind *errorkinds_sorted(unsigned int *ret_n, uint64_t *ret_others);

#endif
