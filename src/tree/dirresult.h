/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dirresult - what becomes of the entries of a directory, counted.  Thread-safe. */
#ifndef PCP_DIRRESULT_H
#define PCP_DIRRESULT_H

#include <stdbool.h>
#include <stdint.h>

struct dir;
struct dir_result;

/*
 * An entry of d, on which the caller has a reference, has come to its end.  failed: there is
 * no copy of it, though one was wanted.  Call this once for each entry.
 */
void dir_count_entry(struct dir *d, bool failed);

/* The copy of d is not all that was wanted, though maybe no entry has failed. */
void dir_mark_unfinished(struct dir *d);

/*
 * d is not read, as the user wanted it: nobody knows what its source has.  Or, if d is doomed:
 * something stays in it.
 */
void dir_mark_unread(struct dir *d);

/* The copy of a file in d, on which the caller has a reference, has taken ns nanoseconds. */
void dir_count_time(struct dir *d, uint64_t ns);

/* Returns the nanoseconds of all copies in d, which is complete; *ret_files is how many. */
uint64_t dirresult_time(const struct dir *d, uint64_t *ret_files);

/* For dirrefs.c: the result of d, below which all is complete. */
struct dir_result dirresult_of(const struct dir *d);

/* For dirrefs.c: the result of a subdirectory of d counts for d as well. */
void dirresult_add(struct dir *d, const struct dir_result *result);

#endif
