/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * makedir - a directory of the destination: how it is made, and its attributes and mode
 * when all below it is complete.  Thread-safe.
 */
#ifndef PCP_MAKEDIR_H
#define PCP_MAKEDIR_H

#include <stdbool.h>

struct context;
struct dir;
struct entry;
struct stat;

/*
 * Make the destination of the directory e, whose dir is pinned.  d is its struct dir, which
 * no other thread knows yet; it keeps what the mode still lacks.  Returns false after a
 * failure, which has been reported; with message if there is no directory.
 */
bool makedir_create(struct context *c, const struct entry *e, struct dir *d,
		    const char *message);

/* Returns true if there, what is at e's destination, is a directory that this run has made. */
bool makedir_is_ours(struct context *c, const struct entry *e, const struct stat *there);

/*
 * The destination of e, a directory, is there, with the stat there; d is as above.  If it gets
 * its mode at the end (with --files-from perhaps not for the first time), let its owner read it,
 * and write to it if need be, until then.  If that is not possible, what fails for that will be
 * reported.
 */
void makedir_open_existing(struct context *c, const struct entry *e, struct dir *d,
			   const struct stat *there);

/*
 * The same, where an earlier run of this pass has made the destination, and has not completed it:
 * it gets the mode that this run would have given it.
 */
void makedir_take_over(struct context *c, const struct entry *e, struct dir *d,
		       const struct stat *there);

/*
 * Both sides of d are open, and no other thread knows d yet: if its destination is new, let the
 * library make files in it in a cheaper way.
 */
void makedir_is_open(const struct context *c, struct dir *d);

/* Returns true if d's destination is still to be given attributes or a mode. */
bool makedir_has_end_work(const struct context *c, const struct dir *d);

/*
 * All below d is complete, and clean or not (see struct dir_result): give its destination, if
 * there is one, the source's attributes and what its mode lacks.  Returns false after a
 * failure, which has been reported.
 */
bool makedir_complete(const struct context *c, struct dir *d, bool clean);

#endif
