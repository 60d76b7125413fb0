/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * estimate - which part of the work is done, how fast it goes, and for how long it will go
 * on: arithmetic on numbers that the caller has taken.
 */
#ifndef PCP_ESTIMATE_H
#define PCP_ESTIMATE_H

#include <stdint.h>

#include "base/clock.h"

/* The rate is that since the oldest of so many samples, ... */
#define ESTIMATE_SAMPLES 20

/* ... of which one is taken in this time, in nanoseconds. */
#define ESTIMATE_SAMPLE_NS (CLOCK_SECOND / 2)

/* What was done at a moment; the numbers never go back. */
struct estimate_sample {
	int64_t at;			/* nanoseconds, of any clock */
	uint64_t bytes, files;
};

struct estimate {
	struct estimate_sample samples[ESTIMATE_SAMPLES];	/* a ring */
	unsigned int nsamples;		/* taken altogether, 1 at least */
	struct estimate_sample moved;	/* what is done, and when that was less */
};

struct estimate_result {
	double rate;			/* bytes a second, lately */
	double stalled;			/* seconds in which nothing was done; 0: not for long */
	double eta;			/* seconds until the rest is done; negative: not known */
};

/* The work begins now. */
void estimate_init(struct estimate *e, int64_t now);

/* The process was stopped for ns nanoseconds, which count for nothing. */
void estimate_leave_out(struct estimate *e, int64_t ns);

/* now is what has been done so far, the rest what has yet to be done. */
struct estimate_result estimate_update(struct estimate *e, const struct estimate_sample *now,
				       double rest_bytes, double rest_files);

/*
 * Returns which part of the bytes is done, from 0 to 1; if there are no bytes, of the files.
 */
double estimate_part(double bytes_done, double bytes, double files_done, double files);

#endif
