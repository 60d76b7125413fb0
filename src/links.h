/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * links - files with several names, which are to have them in the destination
 * as well.  Main thread only.
 */
#ifndef PCP_LINKS_H
#define PCP_LINKS_H

#include <stdbool.h>
#include <sys/stat.h>

struct dir;

struct links {
	struct hash_table *table;	/* of struct link, by device and inode */
};

/* A name that waits for the copy of another name of its inode */
struct waiting {
	struct waiting *next;
	struct dir *dir;		/* a reference */
	char *name_src, *name_dst;	/* in dir */
};

enum link_state { LINK_COPYING, LINK_COPIED, LINK_FAILED };

struct link {
	dev_t dev;
	ino_t ino;
	mode_t type;			/* S_IFMT bits */
	nlink_t missing;		/* names that the walk has not met yet */
	enum link_state state;
	struct dir *dir;		/* a hold: where the first copy is ... */
	char *name;			/* ... and its name */
	struct waiting *first, **last;	/* in the order in which they came */
};

void links_init(struct links *l);
void links_fini(struct links *l);

/*
 * Enter the inode st under its first name, to be copied to dir/name; NULL if
 * it is known already, see links_find().
 */
struct link *links_enter(struct links *l, const struct stat *st, struct dir *dir,
			 const char *name);

/* The entry of the inode st, or NULL; one more of its names has been met. */
struct link *links_find(struct links *l, const struct stat *st);

/* Let a further name of k wait. */
void links_wait(struct link *k, struct dir *dir, const char *src, const char *dst);

/* Take the next name that waits; the caller frees it with waiting_free(). */
struct waiting *links_next(struct link *k);
void waiting_free(struct waiting *w);

/* Another name is the one that is copied now. */
void links_rename(struct link *k, struct dir *dir, const char *name);

/* Forget k if nothing will ask for it again, or if no copy of it worked. */
void links_settle(struct links *l, struct link *k);

/*
 * Give k's file the name dir/name, which is in use, in place of what may have
 * it, which sets *replaced.  0 or errno.
 */
int links_make(const struct link *k, struct dir *dir, const char *name, bool *replaced);

#endif
