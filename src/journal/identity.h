/* SPDX-License-Identifier: GPL-3.0-or-later */
/* identity - whether a directory is the one that had its name in an earlier run.  Thread-safe. */
#ifndef PCP_IDENTITY_H
#define PCP_IDENTITY_H

#include <stdbool.h>

struct record_identity;

/* Set *ret to that of path, relative to the directory dir.  Returns 0 or an errno value. */
int identity_get(int dir, const char *path, struct record_identity *ret);

/*
 * Returns true if now is what then was; same_boot: the machine was not started again since.  Device
 * numbers may be others after that, and are compared only if it was not.
 */
bool identity_same(const struct record_identity *then, const struct record_identity *now,
		   bool same_boot);

#endif
