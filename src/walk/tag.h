/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tag - directories that say of themselves that they are not wanted.  Thread-safe. */
#ifndef PCP_TAG_H
#define PCP_TAG_H

struct context;
struct dir;
struct options;

/* The tags of a directory; names live as long as the options. */
struct tag {
	const char *name;		/* leaves out all the others in there; NULL: none does */
	const char *unseen;		/* could not be looked at, because of ... */
	int err;			/* ... an errno value; 0: there was no such trouble */
};

/* Returns what --exclude-tag and --exclude-caches find in the directory fd. */
struct tag tag_find(const struct options *o, int fd);

/*
 * Returns the only name that is visited in d, which is pinned, or NULL.  What cannot be looked at
 * is reported.
 */
const char *tag_of_dir(const struct context *c, struct dir *d);

#endif
