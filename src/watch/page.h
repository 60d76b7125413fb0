/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * page - the page of --report: all of a run on one page of HTML, which is well-formed XML as well,
 * and refers to nothing outside of it.  Main thread only.
 */
#ifndef PCP_PAGE_H
#define PCP_PAGE_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "base/tally.h"
#include "watch/series.h"

struct mounts;
struct options;

/* What the page does not find elsewhere */
struct page {
	const struct options *o;
	const char *status;		/* see output_status() */
	int exit_code;
	time_t began, ended;
	double elapsed;			/* seconds, by a clock that nobody sets */
	uint64_t errors, warnings;
	struct tally tally;
	const struct series *series;
	const struct mounts *mounts;
	unsigned int cores;		/* processors that the process may run on; 0: not known */
	unsigned int threads_peak;	/* most copying threads at a time */
	uint64_t calls;			/* system calls made for copies */
};

void page_put(FILE *out, const struct page *p);

/* For page.c: its parts */
void page_put_style(FILE *out);
void page_put_entries(FILE *out, const struct page *p);
void page_put_sizes(FILE *out);
void page_put_charts(FILE *out, const struct page *p);
void page_put_errors(FILE *out, const struct page *p);
void page_put_names(FILE *out);
void page_put_removed(FILE *out, const struct page *p);
void page_put_proof(FILE *out);

#endif
