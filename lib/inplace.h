/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* inplace - opens an existing file to rewrite it.  Thread-safe. */
#ifndef CF_INPLACE_H
#define CF_INPLACE_H

#include <sys/types.h>

#include "destfile.h"

/*
 * Open d's destination; a regular file is claimed and emptied.  Returns 0, or -errno:
 * -ENOENT if nothing is there, -EINVAL if it is the source.  d->touched tells whether its
 * contents are lost; they are not where the source cannot be read.
 */
int cf_inplace_open(struct cf_dest *d);

/*
 * Call it when size bytes have been written: it cuts off what another program has written
 * behind them meanwhile.  Returns 0 or -errno; -EBUSY if the file has fewer bytes.
 */
int cf_inplace_settle(struct cf_dest *d, off_t size);

#endif
