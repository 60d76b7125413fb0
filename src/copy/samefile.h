/* SPDX-License-Identifier: GPL-3.0-or-later */
/* samefile - whether an entry's destination is its source.  Thread-safe. */
#ifndef PCP_SAMEFILE_H
#define PCP_SAMEFILE_H

#include <sys/stat.h>

struct entry;
struct options;

enum samefile {
	SAMEFILE_NO,	/* it is another file, or to replace it does no harm */
	SAMEFILE_DONE,	/* it is what a copy would be: nothing is left to do */
	SAMEFILE_ERROR,	/* to replace it would destroy the source */
	SAMEFILE_UNKNOWN	/* one of them can't be looked at: errno is set */
};

/*
 * Compare e's source, src, with its destination, dst.  Each is the stat of the name itself,
 * or of what a symlink leads to, as the options say for e.
 */
enum samefile samefile_check(const struct options *o, const struct entry *e,
			     const struct stat *src, const struct stat *dst);

#endif
