/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fibhash - spreads numbers that may be close to each other over a table (Fibonacci hashing). */
#ifndef CF_FIBHASH_H
#define CF_FIBHASH_H

#include <stdint.h>

/* Returns key in another notation: its upper bits depend on all bits of key. */
static inline uint64_t cf_hash_mix(uint64_t key)
{
	return key * 0x9e3779b97f4a7c15ULL;	/* 2^64 divided by the golden ratio */
}

/* Returns the index of key in a table of 2^bits entries; bits is from 1 to 32. */
static inline unsigned int cf_hash(uint64_t key, unsigned int bits)
{
	return cf_hash_mix(key) >> (64 - bits);
}

#endif
