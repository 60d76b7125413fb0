/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal - with --journal, what a run has done, on disk: so that another run goes on where this
 * one has ended, however it has ended, and that all of it can be proven.  Thread-safe, unless
 * something else is said.
 */
#ifndef PCP_JOURNAL_H
#define PCP_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "journal/ledger.h"

struct oldlink;
struct record;
struct record_identity;

enum journal_state {
	JOURNAL_REFUSED,		/* it cannot be used, as has been reported */
	JOURNAL_NEW,			/* a pass begins */
	JOURNAL_RESUMED,		/* a pass goes on */
	JOURNAL_COMPLETE		/* a pass is complete: there is nothing to do */
};

/*
 * Begin the journal in the directory path, or go on with it.  words say what is copied and how:
 * in each run of a pass they must be the same.  compares: what is skipped is as large as its
 * source.  restart: the next pass begins, and the last one's journal stays beside it.  Main thread
 * only, before there are others.
 */
enum journal_state journal_begin(const char *path, const char *words, bool compares,
				 bool restart);

/*
 * The run ends.  finished: all that it had to do is done; durable: and is on stable storage.
 * Returns false if something is wrong with the journal, as has been reported.  Main thread only,
 * when there are no others.
 */
bool journal_end(bool finished, bool durable);

/* What has been found when the pass went on, and what the whole is; zeros without a journal */
struct journal_summary {
	bool on;
	bool complete;			/* the pass is */
	uint64_t before;		/* entries that were done by earlier runs */
	uint64_t before_dirs;		/* directories that these have completed, with all below */
	uint64_t before_kept;		/* names in the destinations of these that have a source */
	struct ledger_sums sums;	/* of all that is done, as far as it is known */
};

/* Main thread only, after journal_begin(). */
struct journal_summary journal_summary(void);

/*
 * Returns the account that operands are entered in; NULL: there is no journal.  Those of other
 * directories come from journal_enter(), and are the caller's to free, with free(3).
 */
struct ledger *journal_top(void);

/*
 * A name has been read in the source of the directory of l.  Returns true if it is done already,
 * with all below it: then nothing is done with it, and it has been counted.
 */
bool journal_meet(struct ledger *l, const char *name);

/* Returns true if name, in the directory with that number, is done. */
bool journal_is_done(uint64_t dir, const char *name);

/* Returns the number of the directory name in dir, if an earlier run has begun it; else 0. */
uint64_t journal_number(uint64_t dir, const char *name);

/*
 * The directory name, in that of parent, is going to be made (made: there is nothing yet) or
 * merged into; dst is the full name of its copy if it is an operand, else NULL.  Returns its
 * account, which has what an earlier run has done in it.
 */
struct ledger *journal_enter(struct ledger *parent, const char *name, const char *dst, bool made);

/*
 * The last operand, path relative to the working directory, is going to be the name of the copy.
 * Without a journal: nothing.
 */
void journal_put_target(const char *path);

/*
 * Returns true if it is so, as an earlier run has put.  There may be a directory by now, which is
 * no place to copy into but the copy itself.
 */
bool journal_has_target(const char *path);

/*
 * The operand name, a directory, and its copy, which is there by now, are these; nothing if an
 * earlier run has put it.
 */
void journal_put_root(const char *name, const char *dst, const struct record_identity *src,
		      const struct record_identity *dst_id);

/* Returns true if all runs of the pass were since the machine was started. */
bool journal_is_of_this_boot(void);

/* Returns true if there may be something for journal_take_link(). */
bool journal_has_links(void);

/*
 * Returns the copy that an earlier run has made of the inode, whose further names will be links to
 * it, and forgets it; the caller frees it with oldlink_free().  NULL: there is none.
 */
struct oldlink *journal_take_link(dev_t dev, ino_t ino);

/*
 * Returns the name of the directory with that number, and in *ret_parent the number of the one
 * that it is in.  If that is 0 the name is the full one of the copy of an operand.  NULL: it is not
 * known.  Only directories of what journal_take_link() returns, and those above them, are.
 */
const char *journal_dir_name(uint64_t dir, uint64_t *ret_parent);

/* An entry, no directory, in that of l is done: r is its RECORD_ENTRY. */
void journal_put_entry(struct ledger *l, const struct record *r);

/* A part of a huge file, and its source as it was when it was opened */
struct journal_part {
	uint64_t prefix;		/* bytes at the beginning of the copy that are in place */
	uint64_t size;			/* of the source, in bytes */
	int64_t sec;			/* time of its last modification */
	uint32_t nsec;
};

/* The copy of name, in the directory of l, has come so far. */
void journal_put_part(const struct ledger *l, const char *name, const struct journal_part *part);

/* Returns true if an earlier run has left a part of name, and sets *ret to what it is of. */
bool journal_get_part(const struct ledger *l, const char *name, struct journal_part *ret);

/* An entry in the directory of l has failed with that errno value, or 0. */
void journal_put_failed(struct ledger *l, const char *name, char type, int err);

/* What has the full name dst, of that type, is going to be removed from the destination. */
void journal_put_delete(const char *dst, char type);

/* A place in the journal */
struct journal_place {
	uint64_t segment;		/* its number; 0: there is no journal */
	uint64_t at;			/* bytes of it that are before the place */
};

/* Returns where the journal ends now. */
struct journal_place journal_end_now(void);

/*
 * All that was recorded before that place, and what that tells of, is on stable storage, but
 * for the journal itself, which is brought there by this.
 */
void journal_put_durable(struct journal_place place);

/*
 * The directory of l, name in that of parent, has come to its end; finished: nothing in it or below
 * it has failed or was left out.  Returns false if names in it have not been accounted for.
 */
bool journal_put_complete(struct ledger *l, struct ledger *parent, const char *name,
			  bool finished);

#endif
