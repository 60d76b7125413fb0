/* SPDX-License-Identifier: GPL-3.0-or-later */
/* outcome - what became of an entry: counted, logged, told in JSON.  Thread-safe. */
#ifndef PCP_OUTCOME_H
#define PCP_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/tally.h"

struct checksum;
struct copyfile_info;
struct entry;
struct options;
struct stat;

/*
 * Progress is shown, which needs the sizes of entries that are left out.  Call it before the
 * other functions, or not at all.
 */
void outcome_watch(void);

/* Returns a new number, by which readers of JSON know an entry again; 0 if there are none. */
uint64_t outcome_new_id(void);

/*
 * Note the time in e, if readers of JSON are told of every file, or a report of the slowest ones;
 * and number it for the former.
 */
void outcome_number(struct entry *e);

/*
 * e, whose directory is pinned, has come to its end.  info describes its copy, if the library
 * made it, else NULL.  Call it once for each attempt: an entry that has failed is counted only
 * if it is not tried again.
 */
void outcome(const struct entry *e, enum outcome outcome, const struct copyfile_info *info);

/* e, whose directory is pinned, is a further name of a copy whose checksum is sum. */
void outcome_linked(const struct entry *e, const struct checksum *sum);

/*
 * e is left out because the run stops: it has no outcome, but is listed for --failed-to, and the
 * exit status tells.  The second is for what that status tells of anyway: a file system is full,
 * or a signal has interrupted the copy of e.
 */
void outcome_left_out(const struct entry *e);
void outcome_untried(const struct entry *e);

/*
 * The copy of e was read back and differs from its source; again: so did the one before.  It has
 * not come to its end yet.
 */
void outcome_differs(const struct entry *e, const struct copyfile_info *info, bool again);

/*
 * e, whose outcome is that it was copied, lacks something that was wanted, which has been
 * reported: it is listed for --failed-to, and its directory is not clean.
 */
void outcome_lacking(const struct entry *e);

/*
 * e has taken the place of what was of that type (S_IFMT bits); 0: there was nothing.  If that is
 * of another kind, and was compared with e's source, it is told as outcome_removed() tells it.
 */
void outcome_replaced(const struct options *o, const struct entry *e, mode_t was);

/*
 * What had the full name dst, of that type (S_IFMT bits), is gone: it had to make room, or else
 * the source has not such a thing.  dst may be NULL if outcome_is_told() returns false.
 */
bool outcome_is_told(const struct options *o);
void outcome_removed(const struct options *o, const char *dst, mode_t type, bool replaced);

#endif
