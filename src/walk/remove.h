/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * remove - what becomes of one entry of the destination that is doomed: it is counted, or
 * removed.  Thread-safe.
 */
#ifndef PCP_REMOVE_H
#define PCP_REMOVE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "tree/dir.h"

struct context;
struct later;

/*
 * Count or remove name in the destination of d, which is pinned; type is its S_IFMT bits, or 0.
 * What is excluded stays, and what d's source has after all.  Failures are reported.  Returns
 * true if it is a directory; then nothing has been done.
 */
bool remove_unless_dir(struct context *c, enum dir_doom doom, struct dir *d, const char *name,
		       mode_t type);

/*
 * The same for a directory, but it goes when all in it is gone: see remove_complete().
 * Returns it, with a reference for the caller; or NULL if it stays.
 */
struct dir *remove_enter(struct context *c, enum dir_doom doom, struct dir *parent,
			 const char *name);

/*
 * Add to names what is in the destination of d, which is pinned and doomed; nothing, if d stays.
 * All of it is read before anything is removed, since reading may skip names meanwhile.  Failures
 * are reported, unless d is only counted.
 */
void remove_read(const struct context *c, struct dir *d, struct later *names);

/* All below d, which is doomed, has been visited: remove it, if clean. */
bool remove_complete(struct context *c, struct dir *d, bool clean);

#endif
