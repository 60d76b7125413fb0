/* SPDX-License-Identifier: GPL-3.0-or-later */
/* metrics_text - the numbers of a run in the text format of Prometheus.  Thread-safe. */
#ifndef PCP_METRICS_TEXT_H
#define PCP_METRICS_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/tally.h"
#include "report/status.h"

/* What is told of a run at a moment */
struct metrics {
	const char *run;		/* the label by which the run is told from others */
	double started, updated;	/* seconds since 1970 */
	bool running;			/* it has not ended */
	int exit_code;			/* once it has: the exit status, or 128 + a signal */
	struct tally tally;
	uint64_t errors, warnings;
	uint64_t errors_by_errno[STATUS_ERRNOS];
	uint64_t calls;			/* system calls made for copies */
	uint64_t pending, copying;	/* copies that are pending; of those, the ones that run */
	uint64_t pending_bytes;		/* what the pending ones have in place so far */
	uint64_t walkers, copiers;	/* threads */
	bool expected;			/* it is known how much there is to be copied: */
	uint64_t files_expected, bytes_expected;
};

void metrics_text_put(FILE *out, const struct metrics *m);

#endif
