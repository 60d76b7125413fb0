/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * again - with --retry, what has failed for a passing reason is kept, to be tried again at the
 * end.  Thread-safe, unless something else is said.
 */
#ifndef PCP_AGAIN_H
#define PCP_AGAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "report/message.h"
#include "report/report.h"

struct dir;
struct entry;

/* Whether an attempt to copy an entry has failed, and what was said of that */
struct attempt {
	struct message text;		/* without errno's words; .shown NULL: no failure */
	int err;			/* its errno value */
	enum report_op op;
	enum report_source source;
	bool final;			/* a failure that does not pass was reported as an error */
	bool incomplete;		/* what was at the destination is not whole any more */
	bool kept;			/* the entry was, as its file system is full */
};

/* An entry that is tried again, or a directory the rest of whose names is read */
struct again {
	struct again *next;
	struct dir *dir;		/* a reference: that of the entry, or what is read on */
	char *src, *dst;		/* the entry's names in dir; NULL: dir is read on */
	off_t at;			/* from this offset */
	mode_t type;			/* the entry's; S_IFMT bits */
	bool operand, incomplete;	/* as in struct entry */
	uint64_t id;			/* as in struct entry, */
	int64_t begun;			/* as well */
	struct attempt failure;		/* the last one; without text: the file system is full */
};

/* There will be so many rounds; 0: each failure is final.  Main thread only. */
void again_init(unsigned int rounds);

/*
 * A round begins: returns what was kept until now, the oldest first, and NULL if that is
 * nothing.  The caller frees each with again_free().  Main thread only, while no other thread
 * copies.
 */
struct again *again_begin_round(void);
void again_free(struct again *a);

/* Returns true if e has been kept by again_keep_left_out() in this attempt. */
bool again_was_kept(const struct entry *e);

/* Returns true if something is kept. */
bool again_any(void);

/* An attempt to copy e begins, which is noted in attempt until outcome() has been called. */
void again_attempt(struct entry *e, struct attempt *attempt);

/* Returns true if a failure with the errno value err may pass by itself. */
bool again_passes(int err);

/* Returns true if e is kept if op fails with err, so that this is no error yet. */
bool again_takes(const struct entry *e, enum report_op op, int err);

/*
 * Report that the attempt to copy e has failed with err; text, without errno's words, says what
 * has.  If again_takes() it this is a warning, and outcome() keeps e.
 */
void again_report(const struct entry *e, const struct report_about *about, int err,
		  const struct message *text);

/* Returns true if e will be kept for what was reported of it. */
bool again_pending(const struct entry *e);

/* What was written to at e's destination is not whole, and stays so. */
void again_left_incomplete(const struct entry *e);

/*
 * The attempt to copy e has come to its end; failed tells how.  Returns true if e is kept.
 */
bool again_settle(const struct entry *e, bool failed);

/* e is left out, as its file system is full.  Returns true if it is kept. */
bool again_keep_left_out(const struct entry *e);

/*
 * Reading the names in d has failed at that offset, with err; text as above.  Returns true if
 * that has been reported, and the rest of the names will be read again.
 */
bool again_keep_unread(struct dir *d, const struct report_about *about, int err,
		       const struct message *text, off_t at);

#endif
