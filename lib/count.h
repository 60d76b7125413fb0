/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * count - what the library has done so far, added up over all threads.
 * Thread-safe.
 */
#ifndef CF_COUNT_H
#define CF_COUNT_H

#include <stdint.h>

enum cf_counter {
	CF_COPIES,		/* that ended, well or not */
	CF_COOKIES,		/* of those, with a cookie */
	CF_CALLS,		/* system calls made for them */
	CF_CLONED,		/* bytes ... */
	CF_OFFLOADED,
	CF_BUFFERED,
	CF_COUNTERS
};

void cf_count(enum cf_counter which, uint64_t n);
uint64_t cf_counted(enum cf_counter which);

#endif
