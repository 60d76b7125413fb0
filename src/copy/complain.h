/* SPDX-License-Identifier: GPL-3.0-or-later */
/* complain - messages about entries that could not be copied, in cp's words.  Thread-safe. */
#ifndef PCP_COMPLAIN_H
#define PCP_COMPLAIN_H

#include <stdbool.h>

#include "report/report.h"

struct context;
struct copyfile_info;
struct entry;

/*
 * Report that op failed for e, with err, an errno value or 0.  message has a %s for e's full
 * source name, or destination name.
 */
void complain_src(const struct entry *e, enum report_op op, int err, const char *message);
void complain_dst(const struct entry *e, enum report_op op, int err, const char *message);
/* As above, with a %s for each of both names; the destination comes first if dst_first. */
void complain_both(const struct entry *e, enum report_op op, int err, bool dst_first,
		     const char *message);

/* As complain_dst(), but the name is quoted only where it must be. */
void complain_dst_plain(const struct entry *e, const char *message);

/* Returns true if e's source can be looked at, or else reports that. */
bool complain_unless_seen(const struct entry *e);

/* Report that e's source could not be opened. */
void complain_open_src(const struct entry *e, int err);

/* Report that something else has taken the place of e's source. */
void complain_replaced(const struct entry *e);

/* Report, as an error or as a warning, that e's source changed while it was copied. */
void complain_changed(const struct entry *e, bool is_error);

/* Report that e's destination, a regular file, could not be opened or made. */
void complain_create(const struct entry *e, int err);

/* Report that e could not be made a further name of first, a full name. */
void complain_link(const struct entry *e, int err, const char *first);

/*
 * Report that the copy of e, which was read back, differs from what was read of its source.
 * Unless that is final it is a warning.
 */
void complain_different(const struct entry *e, const struct copyfile_info *info, bool final);

/* Report that the library failed to copy e, in the stage that info tells. */
void complain_copy(const struct context *c, const struct entry *e, int err,
		   const struct copyfile_info *info);

#endif
