/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger - the account of one directory and of all below it: each name that was read in the
 * source must have become something.  Thread-safe, unless something else is said.
 */
#ifndef PCP_LEDGER_H
#define PCP_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal/xxh.h"

enum ledger_count {
	LEDGER_SEEN,		/* names that were read in the source */
	LEDGER_COPIED,		/* ... and what became of them: also made, merged, put right */
	LEDGER_LINKED,
	LEDGER_SKIPPED,		/* they were not wanted after all: -n, -u, nothing has changed */
	LEDGER_EXCLUDED,	/* a rule leaves them out */
	LEDGER_FAILED,
	LEDGER_KEPT,		/* with --delete: names in the destination that have a source */
	LEDGER_BYTES,		/* of the regular files that were copied or skipped */
	LEDGER_DIGEST_LOW,	/* sums, modulo 2^64, of the hashes of the entries: the same */
	LEDGER_DIGEST_HIGH,	/* ... in whatever order they come */
	LEDGER_COUNTS
};

struct ledger_sums {
	uint64_t n[LEDGER_COUNTS];
};

/* The account while it is being kept; its owner frees it with free(3). */
struct ledger {
	uint64_t dir;			/* the directory's number in the journal; 0: the top */
	bool made;			/* this pass has made the destination, in some run */
	bool resumed;			/* an earlier run has begun with it */
	_Atomic uint64_t n[LEDGER_COUNTS];
};

/* What is known of an entry that has come to its end */
struct ledger_entry {
	const char *name;		/* in its directory; of an operand: as it was given */
	char type;			/* 'f' file, 'd' directory, 'l' symlink, 's' special */
	bool has_stat;			/* size, sec, nsec are known: of the source */
	uint64_t size;			/* bytes */
	int64_t sec;			/* time of the last modification */
	uint32_t nsec;
	const unsigned char *hash;	/* of the contents; NULL: none was made */
	size_t hash_len;
};

void ledger_add(struct ledger *l, enum ledger_count which, uint64_t n);
void ledger_add_sums(struct ledger *l, const struct ledger_sums *sums);
struct ledger_sums ledger_sums(const struct ledger *l);

/* An entry of the directory has become what: one of LEDGER_COPIED to LEDGER_SKIPPED. */
void ledger_add_entry(struct ledger *l, enum ledger_count what, const struct ledger_entry *e);

/*
 * The subdirectory name, which ledger_add_entry() was not told of, is complete, with these sums:
 * they count for the directory as well, and name as LEDGER_COPIED.
 */
void ledger_add_dir(struct ledger *l, const char *name, const struct ledger_sums *sums);

/* Returns true if each name has become something, and nothing has that was not seen. */
bool ledger_is_balanced(const struct ledger_sums *sums);

/* Returns the digest of all that these sums are of, but not of what failed or was left out. */
struct xxh128 ledger_digest(const struct ledger_sums *sums);

#endif
