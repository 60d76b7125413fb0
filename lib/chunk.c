/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: each chunk is a round trip to a server, and a cancel waits for one.  So an automatic
 * chunk grows or shrinks, within bounds, until it takes about CHUNK_TIME to move.
 */
#include <config.h>

#include "chunk.h"

#include <assert.h>

/* Nanoseconds */
#define CHUNK_TIME 80000000

/* Bytes.  The first chunk takes 8 ms at 1 GB/s; bigger ones gained nothing. */
#define FIRST_CHUNK (8 << 20)
#define LEAST_CHUNK (256 << 10)
#define MOST_CHUNK (256 << 20)
static_assert(LEAST_CHUNK <= FIRST_CHUNK && FIRST_CHUNK <= MOST_CHUNK,
	      "the first chunk is within the bounds");

struct cf_chunk cf_chunk_first(uint64_t fixed)
{
	return (struct cf_chunk){ .size = fixed ? fixed : FIRST_CHUNK, .fixed = fixed };
}

void cf_chunk_adapt(struct cf_chunk *c, size_t want, ssize_t n, int64_t took)
{
	c->growing = false;
	if (c->fixed || n < 0)
		return;
	if (took > 2 * CHUNK_TIME && c->size > LEAST_CHUNK)
		c->size /= 2;
	else if (took < CHUNK_TIME / 2 && (uint64_t)n == c->size && want == c->size &&
		 c->size < MOST_CHUNK) {
		c->size *= 2;
		c->growing = true;
	}
}
