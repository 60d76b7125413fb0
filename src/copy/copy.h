/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * copy - what becomes of one entry that is not a directory.  Thread-safe.
 */
#ifndef PCP_COPY_H
#define PCP_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct context;
struct copyfile_info;
struct entry;
struct options;
struct pending;
struct plan;

/* Number e, if somebody is told of each. */
void copy_number(struct entry *e);

/*
 * Copy e, whose directory is in use, or start to; everything that fails is
 * reported.
 */
void copy_entry(struct context *c, const struct entry *e);

/* Do with e what plan says; what is at its destination has been looked at. */
void copy_planned(struct context *c, const struct entry *e, const struct plan *plan);

/* The window's: a copy that was started here has ended. */
void copy_ended(void *arg, const struct pending *p, int result,
		const struct copyfile_info *info);

/* Is e's destination that of an earlier operand?  Main thread only. */
bool copy_is_target(const struct context *c, const struct entry *e);

/* COPYFILE_* flags for copying an entry's attributes, as the options say */
uint64_t copy_attr_flags(const struct options *o);

/* The -v lines of e; backup is the new name of what was there, or NULL. */
void copy_announce(const struct context *c, const struct entry *e, const char *backup);
void copy_announce_removed(const struct entry *e);

#endif
