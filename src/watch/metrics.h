/* SPDX-License-Identifier: GPL-3.0-or-later */
/* metrics - the file of --metrics: when it is replaced, and by what.  Main thread only. */
#ifndef PCP_METRICS_H
#define PCP_METRICS_H

#include <stdbool.h>
#include <stdint.h>

struct options;

/* From one replacement of the file to the next, in nanoseconds */
#define METRICS_NS (15 * INT64_C(1000000000))

/* What is not added up elsewhere, and is 0 once the run has ended */
struct metrics_now {
	uint64_t pending, copying, pending_bytes;	/* as in struct metrics */
	uint64_t walkers;
};

/* Prepare the file that o names, if it names one.  Exits if it cannot be written. */
void metrics_begin(const struct options *o);

/* Returns true if there is a file, which metrics_put() would replace at now (CLOCK_MONOTONIC). */
bool metrics_are_due(int64_t now);

/* Replace the file, if it is time for that at now.  The first failure is a warning. */
void metrics_put(const struct metrics_now *m, int64_t now);

/* The run has ended: replace the file for the last time.  A failure is an error. */
void metrics_end(const struct options *o);

#endif
