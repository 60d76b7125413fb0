/* SPDX-License-Identifier: GPL-3.0-or-later */
/* account - what the journal is told of an entry.  Without a journal nothing is.  Thread-safe. */
#ifndef PCP_ACCOUNT_H
#define PCP_ACCOUNT_H

#include "base/tally.h"

struct checksum;
struct copyfile_info;
struct entry;

/*
 * e, whose directory is pinned, has come to its end; info describes its copy, if the library has
 * made it, else NULL; sum is what is known of its checksum.
 */
void account_ended(const struct entry *e, enum outcome outcome, const struct copyfile_info *info,
		   const struct checksum *sum);

/* e was read in its directory, and a rule leaves it out. */
void account_excluded(const struct entry *e);

/* e's destination is going to be removed. */
void account_removal(const struct entry *e);

#endif
