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
 * Look at what can be seen of a copy of e, which does not become a link (see mklink.h); over is the
 * stat of what it overwrites, or NULL.  Sets *ret to what is known of it, and *ret_made to what
 * would become of it.  Returns false if it would fail, which has been reported.
 */
bool dry_copy(const struct context *c, const struct entry *e, const struct stat *over,
	      struct copyfile_info *ret, enum outcome *ret_made);

/*
 * Returns 0 if a name could be given to e's copy or taken from it, as far as its directory goes, or
 * an errno value.
 */
int dry_change(const struct entry *e);

/* Returns true if dry_change() finds nothing, or else reports that as a failure of op. */
bool dry_can_change(const struct entry *e, enum report_op op, const char *message);

#endif
