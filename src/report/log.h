/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * log - the file of --log: a line for each message, and for what became of each entry.
 * Thread-safe while it is open.
 */
#ifndef PCP_LOG_H
#define PCP_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/tally.h"

/*
 * Append to path from now on, as outfile_open() does.  Main thread only.  Returns false, with
 * errno set, on failure.
 */
bool log_open(const char *path);

/*
 * Stop writing.  Main thread only, when no other thread can write.  Returns false if something
 * could not be written, with errno set, or 0 if the reason is not known any more.
 */
bool log_close(void);

bool log_is_open(void);

/* Write a line "TIME KIND: MESSAGE", if a log is open. */
void log_message(const char *kind, const char *message);

/* Write that dst has been removed, if a log is open. */
void log_removed(const char *dst, bool replaced);

/* Write what became of src, of which so many bytes were copied.  The log must be open. */
void log_outcome(enum outcome outcome, const char *src, const char *dst, uint64_t bytes);

#endif
