/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * value - the argument of an option as a value.  What is no value is reported, and ends the
 * run (see mistake.h).  Main thread only.
 */
#ifndef PCP_VALUE_H
#define PCP_VALUE_H

#include <stdint.h>
#include <time.h>

#include "base/options.h"

/* From 1 to max; format is that of the complaint, with a %s for arg. */
unsigned long value_count(const char *format, const char *arg, unsigned long max);

/* How often what failed is tried again: from 0 to 100 */
uint32_t value_rounds(const char *arg);

/*
 * At least min bytes, with a suffix as in other programs of GNU: K is 1024, KB 1000, and so on.
 * format as above
 */
uint64_t value_size(const char *format, const char *arg, uint64_t min);

/* So many, or if *ret_percent is set so many percent; format as above */
uint64_t value_limit(const char *format, const char *arg, bool *ret_percent);

/*
 * A point in time, as date(1) reads it; or when the file was last modified that arg names, with
 * a / or . at its beginning.  option is the name for the complaint.
 */
struct timespec value_date(const char *option, const char *arg);

/* From seconds to nanoseconds */
int64_t value_interval(const char *arg);

/* A word, or an abbreviation of it; option is the name for the complaint. */
enum options_when value_when(const char *option, const char *arg);
uint32_t value_hash(const char *option, const char *arg);	/* enum copyfile_hash */

/* The same; arg may be NULL.  The first returns true for "explain". */
bool value_explain(const char *arg);
enum options_progress value_progress(const char *arg);
enum options_update value_update(const char *arg);

#endif
