/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * failed - the file of --failed-to: the names of sources that were not copied, or not with
 * all that was asked for, for --files-from.  Thread-safe while it is open.
 */
#ifndef PCP_FAILED_H
#define PCP_FAILED_H

#include <stdbool.h>

/*
 * Write to path from now on; a NUL ends each name, or a newline.  Main thread only.
 * Returns false, with errno set, on failure.
 */
bool failed_open(const char *path, bool null);

/*
 * Stop writing.  Main thread only, when no other thread can write.  Returns false if something
 * could not be written, with errno set, or 0 if the reason is not known any more.
 */
bool failed_close(void);

bool failed_is_open(void);

/*
 * Write src, the full name of what failed or was not tried, if a file is open; a slash at
 * the end, with whole, says that it is a directory with all that is below it.
 */
void failed_add(const char *src, bool whole);

#endif
