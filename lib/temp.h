/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * temp - the names of files that are not complete yet: made, and known again when the process
 * that made them has ended.  Thread-safe.
 */
#ifndef CF_TEMP_H
#define CF_TEMP_H

/* The length of a temporary name, without the directory before it */
#define CF_TEMP_LEN 74

/*
 * Returns a new temporary name beside name, which is relative to dir, as the result is; for
 * free(3).  Returns NULL without memory.
 */
char *cf_temp_name(int dir, const char *name);

/*
 * Remove from dir, an open directory, the temporary names that processes which have ended have
 * left there.  Returns how many, or -errno if dir cannot be read.
 */
int cf_temp_sweep(int dir);

#endif
