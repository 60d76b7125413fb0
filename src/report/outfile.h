/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outfile - the files that options name for what pcp has to say, none of which may be the list
 * that it reads.  Main thread only.
 */
#ifndef PCP_OUTFILE_H
#define PCP_OUTFILE_H

#include <stdbool.h>
#include <stdio.h>

struct stat;

enum outfile_mode {
	OUTFILE_APPEND,			/* what is there stays */
	OUTFILE_REPLACE
};

/*
 * Open path for writing; "-" is standard error.  It is made if need be.  Returns NULL with errno
 * set on failure; EEXIST stands for a regular file that is open already, which keeps
 * what it has.
 */
FILE *outfile_open(const char *path, enum outfile_mode mode);

/* Returns true if st is a regular file that has been opened, and is not closed yet. */
bool outfile_has(const struct stat *st);

/*
 * Open path, a list, for reading, before the others; "-" is standard input.  Returns a descriptor,
 * or -1 with errno set.
 */
int outfile_open_list(const char *path);

#endif
