/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream - copies of what can be read, which pcp makes without the library.  Thread-safe. */
#ifndef PCP_STREAM_H
#define PCP_STREAM_H

#include <stdbool.h>

struct context;
struct entry;
struct plan;

/*
 * Copy what can be read from e, a regular or special file, into a regular one; with
 * --attributes-only, nothing but its attributes.  plan says whether a file is overwritten, and
 * which, or a new one made.  Returns false after a failure, which has been reported.
 */
bool stream_copy(struct context *c, const struct entry *e, const struct plan *plan);

#endif
