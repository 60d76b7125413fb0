/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: "seen" is counted where names are read, the rest where entries end.  So an entry that
 * got lost between the two, by whatever mistake, shows as a difference.
 *
 * The digest of a directory is a sum of hashes, one for each entry; that of a subdirectory is
 * hashed, with its name, into that of the one above.  A sum does not depend on the order in which
 * threads come, and goes on where an earlier run has left it.  It says what the entries are, not
 * how they came there: whether a file was copied, or found to be a copy already, is the same.
 */
#include <config.h>

#include "journal/ledger.h"

#include <string.h>

#include "base/relaxed.h"

void ledger_add(struct ledger *l, enum ledger_count which, uint64_t n)
{
	relaxed_add(l->n[which], n);
}

void ledger_add_sums(struct ledger *l, const struct ledger_sums *sums)
{
	for (int i = 0; i < LEDGER_COUNTS; i++)
		if (sums->n[i])
			relaxed_add(l->n[i], sums->n[i]);
}

struct ledger_sums ledger_sums(const struct ledger *l)
{
	struct ledger_sums sums;

	for (int i = 0; i < LEDGER_COUNTS; i++)
		sums.n[i] = relaxed_get(l->n[i]);
	return sums;
}

static void add_hash(struct ledger *l, struct xxh128 hash)
{
	relaxed_add(l->n[LEDGER_DIGEST_LOW], hash.low);
	relaxed_add(l->n[LEDGER_DIGEST_HIGH], hash.high);
}

/* Write n to at, so that it is the same on every machine. */
static void put(unsigned char at[static 8], uint64_t n)
{
	for (int i = 0; i < 8; i++)
		at[i] = n >> 8 * i;
}

/* Bytes of the longest hash of a file, and of all that is known of it besides its name */
#define HASH_MAX 64
#define MORE_MAX (24 + HASH_MAX)

/* Returns the hash of name, of what it is, and of len bytes that tell more. */
static struct xxh128 hash_of(const char *name, char type, const void *more, size_t len)
{
	const struct xxh128 of_name = xxh_numbered((unsigned char)type, name);
	unsigned char both[16 + MORE_MAX];

	put(both, of_name.low);
	put(both + 8, of_name.high);
	memcpy(both + 16, more, len);
	return xxh_128(both, 16 + len);
}

void ledger_add_entry(struct ledger *l, enum ledger_count what, const struct ledger_entry *e)
{
	unsigned char more[MORE_MAX] = { 0 };
	size_t len = e->hash && e->hash_len <= HASH_MAX ? e->hash_len : 0;

	if (e->has_stat) {
		put(more, e->size);
		put(more + 8, e->sec);
		put(more + 16, e->nsec);
	}
	if (len)
		memcpy(more + 24, e->hash, len);
	ledger_add(l, what, 1);
	if (e->has_stat && e->type == 'f')
		ledger_add(l, LEDGER_BYTES, e->size);
	add_hash(l, hash_of(e->name, e->type, more, 24 + len));
}

void ledger_add_dir(struct ledger *l, const char *name, const struct ledger_sums *sums)
{
	struct ledger_sums below = *sums;
	unsigned char more[16];

	put(more, sums->n[LEDGER_DIGEST_LOW]);
	put(more + 8, sums->n[LEDGER_DIGEST_HIGH]);
	below.n[LEDGER_DIGEST_LOW] = below.n[LEDGER_DIGEST_HIGH] = 0;
	below.n[LEDGER_COPIED]++;
	ledger_add_sums(l, &below);
	add_hash(l, hash_of(name, 'd', more, sizeof more));
}

bool ledger_is_balanced(const struct ledger_sums *sums)
{
	const uint64_t *n = sums->n;

	return n[LEDGER_SEEN] == n[LEDGER_COPIED] + n[LEDGER_LINKED] + n[LEDGER_SKIPPED] +
				 n[LEDGER_EXCLUDED] + n[LEDGER_FAILED];
}

struct xxh128 ledger_digest(const struct ledger_sums *sums)
{
	return (struct xxh128){
		.low = sums->n[LEDGER_DIGEST_LOW], .high = sums->n[LEDGER_DIGEST_HIGH],
	};
}
