/* SPDX-License-Identifier: GPL-3.0-or-later */
/* full - file systems of the destination that can take no more.  Thread-safe. */
#ifndef PCP_FULL_H
#define PCP_FULL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "report/report.h"

struct context;
struct entry;

/* A file system that can take no more */
struct full {
	struct full *next;
	dev_t dev;
	bool read_only;			/* only mounts of it that are read-only take no more */
	bool passes;			/* there may be room later: again_passes() */
	char *dir;			/* the full name of the directory where that was found */
	atomic_bool left_out;		/* an entry was left out for that, or failed silently */
};

/* The list of these file systems; the one that was found last comes first. */
const struct full *full_first(void);

/* Let all of them be tried once more.  Main thread only, while no other thread copies. */
void full_forget(void);

/*
 * Making e's destination has failed, at op, with err.  If that means that its file system can take
 * no more, nothing new is begun there, unless pcp goes by the name of cp.  Returns true if
 * the file system was known to be full already, so that the failure need not be reported.
 */
bool full_met(const struct entry *e, enum report_op op, int err);

/*
 * Returns true if e is left out because its file system is full; that has been counted, and the
 * exit status tells.
 */
bool full_bars(const struct context *c, const struct entry *e);

/*
 * As full_bars(), for the directory e, which the caller counts.  One that exists is not left out,
 * since another file system may be mounted below it.
 */
bool full_bars_dir(const struct entry *e);

/* Returns true if err at path needs no message, as its file system is known to be full. */
bool full_explains(const char *path, int err);

#endif
