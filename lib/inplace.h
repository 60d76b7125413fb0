/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inplace - open a file that is there, to be rewritten.  Thread-safe. */
#ifndef CF_INPLACE_H
#define CF_INPLACE_H

#include <sys/types.h>

#include "destfile.h"

/*
 * Open d's destination, claimed, and empty if it is a regular file.  Returns 0, or
 * -errno: -ENOENT if nothing is there, -EINVAL if it is the source.  d->touched tells
 * whether its contents are lost; they are not where the source cannot be read.
 */
int cf_inplace_open(struct cf_dest *d);

/*
 * size bytes have been written.  Cut off what somebody else wrote behind them
 * meanwhile.  Returns 0, or -errno; -EBUSY if there is less.
 */
int cf_inplace_settle(struct cf_dest *d, off_t size);

#endif
