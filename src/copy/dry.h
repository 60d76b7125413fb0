/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dry - with --dry-run, what a copy would come to; nothing is changed.  Thread-safe. */
#ifndef PCP_DRY_H
#define PCP_DRY_H

#include <stdbool.h>

#include "base/tally.h"

struct context;
struct copyfile_info;
struct entry;

/*
 * Look at what can be seen of a copy of e; over: it overwrites something.  Returns what would
 * become of it, and sets *ret to what is known of it; OUTCOME_FAILED after a report of why it
 * would fail.
 */
enum outcome dry_copy(const struct context *c, const struct entry *e, bool over,
		      struct copyfile_info *ret);

/* Returns true if e could be made in its destination, or else reports that with message. */
bool dry_can_make(const struct entry *e, const char *message);

#endif
