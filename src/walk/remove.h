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
 * Returns a descriptor by which the destination of d, which is pinned and doomed, can be read,
 * for remove_close(); or -1 if it stays, which has been reported.
 */
int remove_open(const struct context *c, struct dir *d);
void remove_close(const struct dir *d, int fd);

/* Not all that is in d could be read; err is an errno value. */
void remove_unread(struct dir *d, int err);

/* All below d, which is doomed, has been visited: remove it, if clean. */
bool remove_complete(struct context *c, struct dir *d, bool clean);

#endif
