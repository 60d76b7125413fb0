/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dirrefs - who still needs a pair of directories, and its end when nobody does.
 * Thread-safe.
 */
#ifndef PCP_DIRREFS_H
#define PCP_DIRREFS_H

#include <sys/stat.h>

struct dir;
struct dirs;
struct dirs_config;

/* Set up the directories, and cwd as that of the operands: it lives as long as all. */
void dirs_init(struct dirs *all, const struct dirs_config *config, struct dir *cwd);

/* New, with one reference, and one more on parent.  st is the source's. */
struct dir *dir_new(struct dir *parent, const char *src_name, const char *dst_name,
		    const struct stat *st);

struct dir *dir_get(struct dir *d);

/*
 * Drop a reference.  With the last one everything below d is done: its
 * attributes are set, its descriptors closed, and its parent's reference
 * dropped in turn.  Failures are reported.
 */
void dir_put(struct dir *d);

/* Keep d's memory, so that dir_pin_dst() works even after it is finished. */
void dir_get_weak(struct dir *d);
void dir_put_weak(struct dir *d);

/* For a pending copy, of a d that is in use: a reference, and a use of its own */
void dir_get_pinned(struct dir *d);
void dir_put_pinned(struct dir *d);

#endif
