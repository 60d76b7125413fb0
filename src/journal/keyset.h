/* SPDX-License-Identifier: GPL-3.0-or-later */
/* keyset - a set of hashes of 128 bits, in 16 to 32 bytes each.  Only looking is thread-safe. */
#ifndef PCP_KEYSET_H
#define PCP_KEYSET_H

#include <stdbool.h>
#include <stddef.h>

#include "journal/xxh.h"

struct keyset {
	struct xxh128 *slots;		/* zeros: free */
	size_t nslots, n;		/* nslots: a power of two, or 0 */
};

#define KEYSET_EMPTY { .nslots = 0 }

/* Make room for so many keys altogether. */
void keyset_reserve(struct keyset *k, size_t n);

/* Returns false if key is there already. */
bool keyset_add(struct keyset *k, struct xxh128 key);
bool keyset_has(const struct keyset *k, struct xxh128 key);
void keyset_free(struct keyset *k);

#endif
