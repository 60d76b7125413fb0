/* SPDX-License-Identifier: GPL-3.0-or-later */
/* chart - one or two lines over the time of a run, as a figure of a page.  Thread-safe. */
#ifndef PCP_CHART_H
#define PCP_CHART_H

#include <stdio.h>

#include "watch/series.h"

/* Returns a number of a sample, 0 or more; negative: there is none, and the line has a gap. */
typedef double chart_number(const struct series_sample *s);

/* What the numbers are, which says how they are written and where the grid is */
enum chart_unit { CHART_BYTES_A_SECOND, CHART_A_SECOND, CHART_SECONDS, CHART_COUNT };

struct chart {
	const char *title;		/* as the three below, without what is special in HTML */
	const char *about;		/* a sentence or two below it */
	enum chart_unit unit;
	struct {
		const char *name;
		chart_number *of;	/* NULL: there is no second one */
	} lines[2];
};

/* s has a sample at least. */
void chart_put(FILE *out, const struct chart *c, const struct series *s);

#endif
