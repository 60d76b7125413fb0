/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * copy - what becomes of one entry that is not a directory.  Thread-safe.
 */
#ifndef PCP_COPY_H
#define PCP_COPY_H

struct context;
struct copyfile_info;
struct entry;
struct pending;

/* Copy e, whose directory is pinned, or start to.  Everything that fails is reported. */
void copy_entry(struct context *c, const struct entry *e);

/* The window's hook: a copy that was started here has ended. */
void copy_ended(void *arg, const struct pending *p, const struct copyfile_info *info);

#endif
