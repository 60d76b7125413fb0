/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * replay - what the earlier runs of a pass have done, as their journal tells.  Filled once; then
 * any thread may look.
 */
#ifndef PCP_REPLAY_H
#define PCP_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal/keyset.h"
#include "journal/ledger.h"
#include "journal/oldlinks.h"
#include "journal/record.h"

struct message;
struct hash_table;
struct scan;

/* A directory that was begun, and is not complete */
struct replay_dir {
	struct xxh128 key;		/* of its name, first: see replay_key() */
	struct ledger ledger;		/* of what is done in it, or complete below it */
};

/* A huge file of which a part was copied: see struct journal_part */
struct replay_part {
	struct xxh128 key;		/* of its name, first: see replay_key() */
	uint64_t prefix, size;
	int64_t sec;
	uint32_t nsec;
};

/* An operand, as it was when the pass met it first */
struct replay_root {
	char *name;			/* as it was given */
	char *dst;			/* the full name of its copy */
	struct record_identity src, dst_id;
	uint64_t dev_now;		/* of src: numbers change when the machine is started */
};

struct replay {
	bool complete;			/* all of it is done; then only sums, and roots, are set */
	struct ledger_sums sums;	/* ... of the whole pass */
	uint64_t last_dir;		/* the greatest number of a directory in any record */
	uint64_t nentries;		/* what need not be done again: entries, at any depth, */
	uint64_t ndirs;			/* ... and directories that are complete, in ones that are
					   not */
	uint64_t kept;			/* see LEDGER_KEPT: in all that is complete */
	struct keyset done;		/* names that are done, in directories that are not */
	struct oldlinks links;		/* copies to which further names will be linked */
	struct hash_table *parts;	/* of struct replay_part, by key */
	struct hash_table *begun;	/* of struct replay_dir, by key */
	struct hash_table *by_number;	/* the same */
	struct replay_root *roots;
	size_t nroots, room;
	char *target;			/* the name of the copy, or NULL: see RECORD_TARGET */
	char *options;			/* what the first run was asked for, or NULL */
};

/* Returns the key of name in the directory dir. */
struct xxh128 replay_key(uint64_t dir, const char *name);

/* Fill *ret.  Returns NULL, or what is wrong, in words, for message_delete(). */
struct message *replay_load(struct replay *ret, const struct scan *s);
void replay_free(struct replay *r);

/* Returns true if name in the directory dir is done, with all below it. */
bool replay_is_done(const struct replay *r, uint64_t dir, const char *name);

/* Returns the part of name, in the directory dir, that was copied; or NULL. */
const struct replay_part *replay_find_part(const struct replay *r, uint64_t dir,
					   const char *name);

/* Returns the account of the operands, unless the pass is complete. */
const struct replay_dir *replay_top(const struct replay *r);

/* Returns the directory that was begun as name in dir; or NULL. */
const struct replay_dir *replay_find(const struct replay *r, uint64_t dir, const char *name);

#endif
