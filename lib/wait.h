/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* wait - wait for others in small steps, so that a cancel is seen.  Thread-safe. */
#ifndef CF_WAIT_H
#define CF_WAIT_H

#include "watch.h"

/*
 * Let a moment pass, the longer the more *steps there have been, up to 5 ms.
 * Returns 0, or -ECANCELED after a cancel.
 */
int cf_wait_step(unsigned int *steps, const struct cf_watch *watch);

/*
 * cf_openat() with O_NONBLOCK and flags, repeated while a lease on the file is being
 * broken.  -ECANCELED after a cancel.
 */
int cf_wait_open(int dir, const char *name, int flags, const struct cf_watch *watch);

#endif
