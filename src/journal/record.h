/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * record - what a journal is made of, and how it is written as bytes.  doc/journal.md has the
 * format.  Thread-safe.
 */
#ifndef PCP_RECORD_H
#define PCP_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal/ledger.h"

/* The letters are the first bytes of the records. */
enum record_kind {
	RECORD_RUN = 'R',	/* a run begins; name: what it was asked for, in words */
	RECORD_TARGET = 'T',	/* the last operand is the name of the copy, not a directory to copy
				   into: before there is anything, and true for ever */
	RECORD_ROOT = 'O',	/* what an operand and its copy are, before it is begun */
	RECORD_BEGUN = 'B',	/* a directory is going to be made, or merged into */
	RECORD_ENTRY = 'E',	/* an entry that is no directory is done */
	RECORD_PART = 'P',	/* a part of a huge file is in place */
	RECORD_FAILED = 'F',	/* an entry has failed; it may be done later */
	RECORD_COMPLETE = 'C',	/* a directory, with all that is below it */
	RECORD_DELETE = 'D',	/* a name in a destination is going to be removed */
	RECORD_DURABLE = 'M'	/* what is before a place, and what that tells of, is on stable
				   storage: dir is the number of a segment, parent the offset */
};

/* What tells a directory, or a file, from others that have its name later */
struct record_identity {
	uint64_t dev, ino;	/* as of stat(2) */
	uint64_t type, fsid;	/* f_type and f_fsid of statfs(2) */
};

/* Names are strings in memory of the caller's, or after record_decode() in the bytes. */
struct record {
	enum record_kind kind;
	uint64_t dir;		/* the directory's number: BEGUN, COMPLETE; ENTRY, FAILED: of the
				   one that name is in */
	uint64_t parent;	/* BEGUN, COMPLETE: the number of the directory that it is in */
	bool made;		/* BEGUN: there was nothing; RUN: see journal_begin(), compares */
	const char *name;	/* all but DURABLE; of an operand as it was given; TARGET: the
				   full one */
	const char *dst;	/* if it is an operand, the full name of its copy; else NULL */
	char type;		/* as in struct ledger_entry: ENTRY, FAILED, DELETE */
	enum ledger_count what;	/* ENTRY: what has become of it */
	bool has_stat;		/* ENTRY, PART: these three are known, see struct ledger_entry */
	uint64_t size;
	int64_t sec;
	uint32_t nsec;
	uint64_t dev, ino;	/* ENTRY: of a source with several names; else 0, 0 ... */
	uint64_t links;		/* ... and how many names that has */
	const unsigned char *hash;	/* ENTRY: of the contents; NULL: none */
	size_t hash_len;
	uint64_t prefix;	/* PART: bytes at the beginning of the copy that are there */
	uint32_t err;		/* FAILED: the errno value, or 0 */
	struct record_identity src, dst_id;	/* ROOT */
	struct ledger_sums sums;	/* COMPLETE */
};

/* Returns how many bytes record_encode() writes for r at most. */
size_t record_room(const struct record *r);

/* Write r to bytes.  Returns how many these are. */
size_t record_encode(const struct record *r, unsigned char *bytes);

/*
 * Read the len bytes to *ret, whose names and hash are in them.  Returns false if they are no
 * record, whatever they are.
 */
bool record_decode(const unsigned char *bytes, size_t len, struct record *ret);

#endif
