/* SPDX-License-Identifier: GPL-3.0-or-later */
/* links - inodes with several names, and what has become of each name.  Thread-safe. */
#ifndef PCP_LINKS_H
#define PCP_LINKS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct checksum;
struct dir;

struct links {
	pthread_mutex_t lock;		/* of the table and all entries */
	bool sums;			/* each entry has room for the checksum of its file */
	struct hash_table *table;	/* of struct link, by device and inode */
};

/* A name that waits for the copy of another name of its inode */
struct waiting {
	struct waiting *next;
	struct dir *dir;		/* a reference */
	char *name_src, *name_dst;	/* in dir */
	char *backup;			/* the new name of what was there, or NULL */
};

enum link_state { LINK_COPYING, LINK_COPIED, LINK_FAILED };

/*
 * There may be millions of these at a time: the copy's name is in the same block of memory,
 * which is as long as that name needs.
 */
struct link {
	dev_t dev;
	ino_t ino;
	struct dir *dir;		/* a weak reference: where the copy is */
	struct waiting *last;		/* its next one is the first; NULL if none waits */
	uint32_t missing;		/* names that the walk has not met yet */
	uint16_t users;			/* threads at work on it: it stays */
	uint8_t type;			/* as in struct dirent; never changes */
	enum link_state state : 2;
	bool draining : 1;		/* a thread handles the names that wait */
	bool forgotten : 1;		/* not in the table any more */
	bool renamed : 1;		/* name.other is in use, not name.first */
	bool symlink : 1;		/* a symlink has the name: then it is name.other */
	bool summed : 1;		/* a struct checksum is before this structure */
	union {
		char first[sizeof(char *)];	/* and more */
		struct other_name *other;
	} name;				/* the copy's name in dir */
};

/* st_nlink of an inode that may be met more often than it has names */
#define LINKS_ANY ((nlink_t)1 << 30)

/* With sums, links_get_sum() gives back what links_set_sum() was told. */
void links_init(struct links *l, bool sums);
void links_fini(struct links *l);

/* What becomes of a name of an inode with several */
enum link_role {
	LINK_FIRST,	/* copied; after that links_end() and links_leave() */
	LINK_WAITS,	/* nothing now: its turn comes when the copy has ended */
	LINK_FURTHER	/* linked with links_make(), and then links_leave() */
};

/* A name of an inode, as the walk meets it */
struct link_name {
	struct dir *dir;		/* pinned by the caller */
	const char *src, *dst;		/* in dir */
	char *backup;			/* as in struct waiting, which takes it over */
};

/*
 * The walk has met n, a name of the inode st.  *ret is the inode.  Unless n waits, the caller
 * becomes one of its users, and calls links_leave() in the end.
 */
enum link_role links_meet(struct links *l, const struct stat *st, const struct link_name *n,
			  struct link **ret);

/*
 * An earlier run has made the copy name in dir of the inode st, with that checksum (hash 0: none is
 * known); missing names of it are still to come.
 */
void links_add_copied(struct links *l, const struct stat *st, struct dir *dir, const char *name,
		      uint64_t missing, const struct checksum *sum);

/*
 * The copy of k's file has ended, well or not.  Returns true if the caller, or a thread that
 * it gives k to, has to handle the names that wait: to call links_next() until that returns
 * NULL.  Returns false if a thread is doing that already, which will handle the rest.
 */
bool links_end(struct links *l, struct link *k, bool copied);

/*
 * Returns the next name that waits, which the caller frees with waiting_free().  It has to
 * be linked if *ret_copied, else copied.  Returns NULL if none waits, or if k's file is
 * being copied anew: then the caller of links_end() for that copy handles the rest.
 */
struct waiting *links_next(struct links *l, struct link *k, bool *ret_copied);
void waiting_free(struct waiting *w);

/*
 * No further name can be given to k's file, or its copy failed: n is copied anew, and later
 * names will be links to that copy.  Returns true if the caller has to copy it, as after
 * LINK_FIRST; for that it becomes a user of k once more.  Returns false if another thread
 * has begun to make a copy, for which n waits.
 */
bool links_rename(struct links *l, struct link *k, const struct link_name *n);

/* The caller is no longer a user of k, which may be freed now. */
void links_leave(struct links *l, struct link *k);

/*
 * Note that the copy of k that is about to begin will be written through a symlink, to the
 * inode end (zeros: it is not known yet); or, if end is NULL, that it will not.
 */
void links_note_symlink(struct links *l, struct link *k, const struct stat *end);

/*
 * Give k's file the name dir/name, where dir is pinned.  What had that name is replaced, and
 * *replaced set, unless it is a name of that file already.  With follow, if k's copy was
 * written through a symlink, the name is given to the file at the end of that symlink, if it
 * still leads there (else ESTALE).  Returns as newlink_hard(); after a failure *ret_first,
 * which the caller frees, is the full name of k's copy.  With dry nothing is done.
 */
int links_make(struct links *l, const struct link *k, struct dir *dir, const char *name,
	       bool follow, bool dry, bool *replaced, char **ret_first);

/* Returns the full name of k's copy, for free(3). */
char *links_name(struct links *l, const struct link *k);

/* The copy of k has this checksum.  Call it before links_end(). */
void links_set_sum(struct links *l, struct link *k, const struct checksum *sum);

/* Write the checksum of k's copy to *ret; zeros: none is known. */
void links_get_sum(struct links *l, const struct link *k, struct checksum *ret);

/*
 * Returns 1 if there is a copy of the inode src, and dst is it; 0 if not; -1 if that cannot be
 * told yet, since it is being copied.
 */
int links_is_copy(struct links *l, const struct stat *src, const struct stat *dst);

/* Returns true if a name waits for k's copy. */
bool links_awaited(struct links *l, const struct link *k);

#endif
