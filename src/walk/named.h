/* SPDX-License-Identifier: GPL-3.0-or-later */
/* named - with --files-from, the names of a list, each of which is copied.  Main thread only. */
#ifndef PCP_NAMED_H
#define PCP_NAMED_H

struct context;
struct dir;
struct walk_root;

/* A source operand, and what would become of it if it were copied as a whole */
struct named_source {
	const char *src;		/* as it was given */
	struct dir *dir;		/* where it is copied to; NULL: that is as with --parents */
	char *dst;			/* its name in there, on the heap; NULL: the same */
	struct walk_root *root;		/* NULL at first */
};

/*
 * Copy what is named in the list fd, which is closed in the end, of the n sources; or begin to.
 * Everything that fails is reported.
 */
void named_copy(struct context *c, int fd, struct named_source *sources, int n);

#endif
