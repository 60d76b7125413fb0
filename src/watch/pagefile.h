/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pagefile - the file of --report: what is noted for it, and when it is written.  Main only. */
#ifndef PCP_PAGEFILE_H
#define PCP_PAGEFILE_H

#include <stdbool.h>
#include <stdint.h>

struct context;
struct options;
struct snapshot;

/* Prepare the file that o names, if it names one.  Exits if it cannot be written. */
void pagefile_begin(const struct options *o);

/* Returns true if a sample should be taken at now (CLOCK_MONOTONIC, nanoseconds). */
bool pagefile_is_due(int64_t now);

/* Take a sample, which s is, if it is time for that; or, with ended, in any case: the last one. */
void pagefile_sample(struct context *c, const struct snapshot *s, int64_t now, bool ended);

/* The run has ended: write the page.  A failure is an error. */
void pagefile_end(const struct options *o);

#endif
