/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* start - who makes a copy: the thread that asks for it, or the pool.  Thread-safe. */
#ifndef CF_START_H
#define CF_START_H

#include <stdint.h>

#include "job.h"

/*
 * The most threads of the pool and live cookies that there may be; 0: as many as seems best.
 * Call it only while no cookie is live.
 */
void cf_start_setup(uint32_t threads, uint32_t pending);

/* From now on there are at most so many threads; 0: as cf_start_setup() has said. */
void cf_start_limit(uint32_t threads);

/* A thread of the program has done work of its own in that pair (place.h), for so many ns. */
void cf_start_worked(uint64_t pair, int64_t took);

/*
 * Start j.  Returns 0 if that is done; a cookie, which has taken over what j is to do; or
 * -errno, also if the copy has failed.
 */
int cf_start(struct cf_job *j);

#endif
