/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream - copies of what can be read, which pcp makes without the library.  Thread-safe. */
#ifndef PCP_STREAM_H
#define PCP_STREAM_H

#include <stdbool.h>
#include <sys/stat.h>

struct context;
struct entry;

/*
 * Copy what can be read from e, a regular or special file, into a regular one; with
 * --attributes-only, nothing but its attributes.  over is the stat of the file that is
 * overwritten (zeros: not known); NULL: a new one is made.  Returns false after a failure,
 * which has been reported.
 */
bool stream_copy(struct context *c, const struct entry *e, const struct stat *over);

#endif
