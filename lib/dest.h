/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dest - creates the destination, gives it its name, or undoes it. */
#ifndef CF_DEST_H
#define CF_DEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "destfile.h"
#include "libcopyfile.h"

/*
 * Open the destination of a regular file as flags ask.  Returns 0 or -errno; -EINVAL
 * also if it is the source.  cf_dest_undo() is due after an error, too.
 */
int cf_dest_open(struct cf_dest *d);

/*
 * Make the symlink target in the same way; with open, d->fd is an O_PATH
 * descriptor of it, else -1.
 */
int cf_dest_symlink(struct cf_dest *d, const char *target, bool open);

/*
 * All data is there, size bytes.  If that is exact, cut off what is behind them.
 * Returns 0 or -errno.
 */
int cf_dest_set_size(struct cf_dest *d, off_t size, bool exact);

/*
 * Close the destination, then give it its name.  Returns 0; or -errno, and *stage tells what
 * failed: then cf_dest_undo() is still due.
 */
int cf_dest_publish(struct cf_dest *d, uint32_t *stage);

/*
 * Returns the stat of the file from when this copy created it, if nobody but copies of this
 * process can have changed its owner or mode since; or NULL.
 */
const struct stat *cf_dest_made(const struct cf_dest *d);

/* Undo what was made.  Returns what is left under the name of the destination. */
enum copyfile_partial cf_dest_undo(struct cf_dest *d);

#endif
