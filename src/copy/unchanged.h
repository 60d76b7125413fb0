/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * unchanged - with --update=changed or checksum, whether what is at an entry's destination is
 * a copy of it already.  Thread-safe.
 */
#ifndef PCP_UNCHANGED_H
#define PCP_UNCHANGED_H

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

struct context;
struct dir;
struct entry;
struct options;

enum unchanged {
	UNCHANGED_NOT,		/* it has to be copied */
	UNCHANGED_CONTENTS,	/* its contents are there, but it has other attributes */
	UNCHANGED_ALL
};

/*
 * Compare e, no directory, whose stat is src, with what is at its destination, which is no
 * symlink that is followed, and has the stat dst.  *ret_why says what differs, or that nothing
 * does, for people.
 */
enum unchanged unchanged_look(const struct options *o, const struct entry *e,
			      const struct stat *src, const struct stat *dst,
			      const char **ret_why);

/* Returns true if a copy of a file that was modified at src may have the time dst. */
bool unchanged_time(struct timespec src, struct timespec dst);

/*
 * Give e's destination, which has the stat dst, the attributes of its source.  Failures are
 * reported; afterwards e is copied, but may be lacking some.
 */
void unchanged_put_right(struct context *c, const struct entry *e, const struct stat *dst);

/* Returns true if d's destination, which is open, has the attributes of its source. */
bool unchanged_dir(const struct options *o, const struct dir *d);

/*
 * Remove from d's destination the extended attributes that its source does not have.  Returns
 * false after a failure, which has been reported.
 */
bool unchanged_trim_dir(const struct options *o, const struct dir *d);

#endif
