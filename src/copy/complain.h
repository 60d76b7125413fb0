/* SPDX-License-Identifier: GPL-3.0-or-later */
/* complain - what is said of an entry that could not be copied.  Thread-safe. */
#ifndef PCP_COMPLAIN_H
#define PCP_COMPLAIN_H

#include <stdbool.h>

#include "report/report.h"

struct context;
struct copyfile_info;
struct entry;

/*
 * Failures of e: messages with its full source or destination; with both, in the
 * order that is said; or the name as it is, not quoted unless it must be.
 */
void complain_src(const struct entry *e, enum report_op op, int err, const char *message);
void complain_dst(const struct entry *e, enum report_op op, int err, const char *message);
void complain_both(const struct entry *e, enum report_op op, int err, bool dst_first,
		     const char *message);
void complain_dst_plain(const struct entry *e, const char *message);

/* The same: its destination could not be opened or made. */
void complain_create(const struct entry *e, int err);

/* The same: making it a further name of first, a full name, has failed. */
void complain_link(const struct entry *e, int err, const char *first);

/* The same: its copy has, by the library, as info tells. */
void complain_copy(const struct context *c, const struct entry *e, int err,
		   const struct copyfile_info *info);

#endif
