/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * series - what a run did in each part of its time: so many samples, however long it takes.
 * Arithmetic on numbers that the caller has taken.
 */
#ifndef PCP_SERIES_H
#define PCP_SERIES_H

#include <stdint.h>

#include "report/figures.h"

#define SERIES_MOST 512

/* What has been done by a moment, which only grows, and what is at work then */
struct series_now {
	int64_t at;			/* nanoseconds since the run began */
	uint64_t bytes;			/* copied */
	uint64_t files;			/* copied: all but directories */
	uint64_t entries;		/* that have come to their end, well or not */
	uint64_t times[FIGURES_TIMES];	/* see figures_times() */
	double walkers, copiers;	/* threads */
	double pending;			/* copies */
};

/* The same, as a difference: what was done from the end of the last sample to that of this one */
struct series_sample {
	int64_t begin, end;		/* nanoseconds since the run began */
	uint64_t bytes, files, entries;
	uint32_t times[FIGURES_TIMES];
	double walkers, copiers, pending;	/* on average */
};

struct series {
	int64_t step;			/* a sample is no shorter than so many nanoseconds */
	unsigned int n;
	struct series_now last;
	struct series_sample samples[SERIES_MOST];
};

void series_init(struct series *s);

/* Returns when the next sample is due, in nanoseconds since the run began. */
int64_t series_next(const struct series *s);

/* Take a sample, which ends now.  If there is no room every two of the others become one. */
void series_add(struct series *s, const struct series_now *now);

/*
 * Returns how long a file took in that sample, in seconds, if it is longer than part (0 to 1) of
 * all; negative: there was no file.  It is exact to a factor of two at worst.
 */
double series_time(const struct series_sample *s, double part);

#endif
