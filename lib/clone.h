/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* clone - lets one file share the data of another, where that may work.  Thread-safe. */
#ifndef CF_CLONE_H
#define CF_CLONE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Let dst, open for writing, share all data of src, which has size bytes; pair is that of
 * their file systems (see place.h).  Returns 1 if it does.  Returns 0 if the data still has
 * to be moved: the file systems cannot share it, or have refused before, and the file is
 * small.  Returns -errno if the copy fails; with must, also if the data cannot be shared.
 */
int cf_clone_try(int src, int dst, off_t size, bool must, uint64_t pair);

#endif
