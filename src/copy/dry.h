/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dry - with --dry-run, what a copy would come to; nothing is changed.  Thread-safe. */
#ifndef PCP_DRY_H
#define PCP_DRY_H

#include <stdbool.h>

#include "base/tally.h"
#include "report/report.h"

struct context;
struct copyfile_info;
struct entry;
struct stat;

/*
 * Look at what can be seen of a copy of e; over is the stat of what it overwrites, or NULL.
 * Returns what would become of it, and sets *ret to what is known of it; OUTCOME_FAILED after a
 * report of why it would fail.
 */
enum outcome dry_copy(const struct context *c, const struct entry *e, const struct stat *over,
		      struct copyfile_info *ret);

/*
 * Returns true if e could be made in its destination, or be removed there, or else reports that as
 * a failure of op with message.
 */
bool dry_can_change(const struct entry *e, enum report_op op, const char *message);

#endif
