/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chunk - how many bytes the kernel is asked to move at once. */
#ifndef CF_CHUNK_H
#define CF_CHUNK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cf_chunk {
	uint64_t size;			/* bytes */
	bool fixed;			/* the caller has chosen it */
	bool growing;			/* it is still so small that a bigger one is better */
};

/* fixed is the size that the caller has chosen, or 0. */
struct cf_chunk cf_chunk_first(uint64_t fixed);

/*
 * A call that was asked for want bytes has moved n of them, or failed, in so many nanoseconds:
 * let the next one take about the right time.
 */
void cf_chunk_adapt(struct cf_chunk *c, size_t want, ssize_t n, int64_t took);

#endif
