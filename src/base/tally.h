/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tally - how much has been done.  Thread-safe. */
#ifndef PCP_TALLY_H
#define PCP_TALLY_H

#include <stdint.h>
#include <sys/types.h>

enum kind { KIND_FILE, KIND_DIR, KIND_SYMLINK, KIND_SPECIAL, KINDS };

/* What became of an entry */
enum outcome {
	OUTCOME_COPIED,
	OUTCOME_CLONED,		/* copied: its data is shared with the source */
	OUTCOME_LINKED,		/* no copy, but another name */
	OUTCOME_CREATED,	/* what has no data: a directory, a special file */
	OUTCOME_MERGED,		/* a directory, into one that was there */
	OUTCOME_SKIPPED,	/* not wanted after all */
	OUTCOME_ATTRIBUTES,	/* nothing but its attributes was put right */
	OUTCOME_FAILED,
	OUTCOMES
};

struct tally {
	uint64_t entries[KINDS][OUTCOMES];
	uint64_t bytes;			/* of what was copied: holes and clones included */
	uint64_t bytes_moved;		/* of those, read and written, or by the kernel */
	uint64_t bytes_cloned;		/* of those, shared with the source */
	uint64_t bytes_holes;		/* of those, left out */
	uint64_t bytes_left;		/* of files that were skipped, or failed */
	uint64_t bytes_lost;		/* of those, what had been copied by then */
	uint64_t retried;		/* attempts at what had failed before */
	uint64_t vanished;		/* sources that were gone when their turn came */
	uint64_t changed;		/* sources that changed while they were copied */
	uint64_t deleted;		/* entries of the destination that the source has not */
	uint64_t replaced;		/* entries that had to make room for other kinds */
	uint64_t verified;		/* copies that were read back, and are as their sources */
	uint64_t differed;		/* copies that were read back, and were not */
	uint64_t untried;		/* entries that were left out as the run stopped; such a
					   directory counts once, whatever is in it */
};

/*
 * Returns a + b, but at most INT64_MAX: sparse files can have more bytes than that
 * altogether, while JSON has no larger number.
 */
static inline uint64_t tally_plus(uint64_t a, uint64_t b)
{
	return a > INT64_MAX || b > INT64_MAX - a ? INT64_MAX : a + b;
}

/*
 * Add each number of what to the sum.  One above INT64_MAX is negative: it takes away what
 * the same thread has added.
 */
void tally_add(const struct tally *what);

/* The bytes of one entry */
struct tally_bytes {
	uint64_t all, moved, cloned, holes;	/* as bytes, bytes_moved ... of struct tally */
};

/* As tally_add() of one entry and its bytes, which is done for each: it takes less time. */
void tally_entry(enum kind kind, enum outcome outcome, const struct tally_bytes *bytes);

/* Set *ret to what all threads have added so far. */
void tally_sum(struct tally *ret);

/* The number of entries of a kind, or with an outcome */
uint64_t tally_of_kind(const struct tally *t, enum kind kind);
uint64_t tally_of_outcome(const struct tally *t, enum outcome outcome);

/* The number of entries of a kind whose copies are there, however they came about */
uint64_t tally_done(const struct tally *t, enum kind kind);

/* As tally_done(), for all kinds but directories together */
uint64_t tally_files_done(const struct tally *t);

/* Returns the kind of a file of this type, as in st_mode; an unknown one counts as a file. */
enum kind tally_kind(mode_t type);

#endif
