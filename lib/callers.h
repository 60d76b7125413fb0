/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* callers - the threads of the program that copy by themselves.  Thread-safe. */
#ifndef CF_CALLERS_H
#define CF_CALLERS_H

#include <stdint.h>

/* The calling thread is about to copy by itself.  now: by CLOCK_MONOTONIC_COARSE, in ns */
void cf_callers_note(int64_t now);

/* Returns how many threads did so in the last 50 ms; too few if there are more than 64. */
unsigned int cf_callers_count(void);

#endif
