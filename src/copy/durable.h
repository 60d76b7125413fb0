/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * durable - with --fsync, what was reported as copied is on stable storage; with --journal, what
 * was recorded, now and then.  Without either these functions do nothing.
 */
#ifndef PCP_DURABLE_H
#define PCP_DURABLE_H

#include <stdbool.h>
#include <sys/types.h>

struct dir;
struct entry;
struct options;

/* Main thread only, before there are others. */
void durable_begin(const struct options *o);

/*
 * Something is going to be made, or changed, in the destination of d, which is pinned; or in the
 * directory that e is copied into.  Thread-safe.
 */
void durable_note(const struct dir *d);
void durable_note_parent(const struct entry *e);

/* Returns true if what is changed on the file system dev is covered.  Thread-safe. */
bool durable_covers(dev_t dev);

/* Nothing is under way any more: sync all, and say what has waited for that.  Main thread only. */
void durable_end(void);

#endif
