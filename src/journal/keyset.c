/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: an open table, in which a key that finds its slot taken goes to the next one.  The keys
 * are hashes already.  That two of 100 million names have one hash of 128 bits has a chance of
 * less than 10^-22.
 */
#include <config.h>

#include "journal/keyset.h"

#include <stdlib.h>

#include "xalloc.h"

/* Of five slots at most four are taken. */
#define FULL_PARTS 5

static bool is_free(struct xxh128 key)
{
	return !key.low && !key.high;
}

/* The key of zeros, which marks what is free, is another one in the table. */
static struct xxh128 stored(struct xxh128 key)
{
	if (is_free(key))
		key.high = 1;
	return key;
}

/* Returns the slot that has key, or where it would be put. */
static struct xxh128 *find(const struct keyset *k, struct xxh128 key)
{
	size_t i = key.low & (k->nslots - 1);

	while (!is_free(k->slots[i]) &&
	       (k->slots[i].low != key.low || k->slots[i].high != key.high))
		i = (i + 1) & (k->nslots - 1);
	return &k->slots[i];
}

void keyset_reserve(struct keyset *k, size_t n)
{
	struct keyset larger = { .nslots = k->nslots ? k->nslots : 64, .n = k->n };

	while (larger.nslots - larger.nslots / FULL_PARTS < n)
		larger.nslots *= 2;
	if (larger.nslots == k->nslots)
		return;
	larger.slots = xcalloc(larger.nslots, sizeof *larger.slots);
	for (size_t i = 0; i < k->nslots; i++)
		if (!is_free(k->slots[i]))
			*find(&larger, k->slots[i]) = k->slots[i];
	free(k->slots);
	*k = larger;
}

bool keyset_add(struct keyset *k, struct xxh128 key)
{
	keyset_reserve(k, k->n + 1);
	key = stored(key);
	struct xxh128 *slot = find(k, key);
	if (!is_free(*slot))
		return false;
	*slot = key;
	k->n++;
	return true;
}

bool keyset_has(const struct keyset *k, struct xxh128 key)
{
	return k->n && !is_free(*find(k, stored(key)));
}

void keyset_free(struct keyset *k)
{
	free(k->slots);
	*k = (struct keyset)KEYSET_EMPTY;
}
