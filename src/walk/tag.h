/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tag - directories that say of themselves that they are not wanted.  Thread-safe. */
#ifndef PCP_TAG_H
#define PCP_TAG_H

struct options;

/*
 * Returns the name in the directory fd that leaves out all the others in there, as
 * --exclude-tag and --exclude-caches ask for it; NULL: there is none.  It lives as long as o.
 * *ret_err is 0, or an errno value if *ret_name could not be looked at.
 */
const char *tag_find(const struct options *o, int fd, int *ret_err, const char **ret_name);

#endif
