/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * xattrs - the extended attributes of two files: whether they are the same, and what the one
 * has in excess.  Thread-safe.
 */
#ifndef PCP_XATTRS_H
#define PCP_XATTRS_H

#include <stdbool.h>

/* A file by its name in a directory; or, if the name is "", by its own descriptor */
struct xattrs_file {
	int fd;			/* an O_PATH descriptor will do; AT_FDCWD if there is a name */
	const char *name;
	bool follow;		/* a symlink of that name is followed */
};

/* What is compared: ACLs, those of users and of trusted programs, and capabilities */
struct xattrs_kinds {
	bool acl, plain;
};

/* Returns true if both files have the same attributes of these kinds, as far as can be seen. */
bool xattrs_same(const struct xattrs_file *a, const struct xattrs_file *b,
		 struct xattrs_kinds kinds);

/*
 * Remove from dst the attributes that src lacks, but no ACLs.  Returns 0 or an errno value:
 * the first, of several; all that can be removed are.
 */
int xattrs_trim(const struct xattrs_file *src, const struct xattrs_file *dst);

#endif
