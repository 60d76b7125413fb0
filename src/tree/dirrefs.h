/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * dirrefs - references on directories, and the end of a directory when the last one is
 * dropped.  Thread-safe.
 */
#ifndef PCP_DIRREFS_H
#define PCP_DIRREFS_H

#include <sys/stat.h>

struct dir;
struct dirs;
struct dirs_config;

/* Set up all directories, and cwd as that of the operands, which lives as long as they do. */
void dirs_init(struct dirs *all, const struct dirs_config *config, struct dir *cwd);

/*
 * Set up d, which has no parent and lives as long as all: names of sources are relative to the
 * working directory, and those of destinations to dst_fd, whose own name is dst_name.  Both
 * remain the caller's.
 */
void dir_init_top(struct dir *d, struct dirs *all, int dst_fd, const char *dst_name);

/*
 * A new directory with one reference, which is the caller's, and with one on parent, which
 * it drops when it is complete.  The names, which are copied, are those in parent; st is
 * the stat of its source.
 */
struct dir *dir_new(struct dir *parent, const char *src_name, const char *dst_name,
		    const struct stat *st);

/* One more reference on d, on which the caller has one.  Returns d. */
struct dir *dir_get(struct dir *d);

/*
 * Drop a reference.  With the last one all below d is complete: the hook of the run is
 * called (struct dirs_config), here or in another thread, d's descriptors are closed, and
 * its reference on the parent is dropped in turn.
 */
void dir_put(struct dir *d);

/* For a pending copy: a reference and a pin at once.  d is pinned by the caller. */
void dir_get_pinned(struct dir *d);
void dir_put_pinned(struct dir *d);

/* Keep d's memory, so that dir_pin_dst() can open it even when it is complete. */
void dir_get_weak(struct dir *d);
void dir_put_weak(struct dir *d);

#endif
