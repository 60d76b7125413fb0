/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* dest - how the destination comes to be, gets its name, or is undone. */
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
 * The data is there: see to it that nothing else is, if it is exactly size bytes.
 * Returns 0 or -errno.
 */
int cf_dest_set_size(struct cf_dest *d, off_t size, bool exact);

/*
 * Close, then give it its name.  *stage tells what failed.  0 or -errno; after
 * an error cf_dest_undo() is still due.
 */
int cf_dest_publish(struct cf_dest *d, uint32_t *stage);

/* Take back what was made.  Tells what is left under the destination's name. */
enum copyfile_partial cf_dest_undo(struct cf_dest *d);

#endif
