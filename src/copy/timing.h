/* SPDX-License-Identifier: GPL-3.0-or-later */
/* timing - how long copies took, and in which directories, for --report.  Thread-safe. */
#ifndef PCP_TIMING_H
#define PCP_TIMING_H

#include "base/tally.h"

struct copyfile_info;
struct dir;
struct entry;

/* e, whose directory is pinned, has come to its end; info is as for outcome(). */
void timing_entry(const struct entry *e, enum outcome outcome, const struct copyfile_info *info);

/* All below d is complete. */
void timing_dir(const struct dir *d);

#endif
