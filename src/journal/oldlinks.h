/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * oldlinks - inodes with several names, some of which were copied by earlier runs of a pass, and
 * some not yet: later names become links to those copies.  Thread-safe once it is filled.
 */
#ifndef PCP_OLDLINKS_H
#define PCP_OLDLINKS_H

#include <pthread.h>
#include <stdint.h>

struct message;
struct hash_table;
struct scan;

/* An inode, and its copy */
struct oldlink {
	uint64_t dev, ino;
	uint64_t missing;		/* names that no run has met yet */
	uint64_t dir;			/* the number of the directory that the copy is in */
	char *name;			/* ... and its name there; of an operand its full name */
	unsigned char *hash;		/* of its contents, hash_len bytes; NULL: not known */
	size_t hash_len;
};

struct oldlinks {
	pthread_mutex_t lock;		/* of inodes */
	struct hash_table *inodes;	/* of struct oldlink; NULL: there are none */
	struct hash_table *dirs;	/* of the directories of these, and those above */
};

/*
 * Fill *ret from a journal, in which no directory that was begun has a number above last.
 * Returns as scan_all().
 */
struct message *oldlinks_load(struct oldlinks *ret, const struct scan *s, uint64_t last);
void oldlinks_free(struct oldlinks *l);
void oldlink_free(struct oldlink *k);

/* These do what journal_take_link() and journal_dir_name() say. */
struct oldlink *oldlinks_take(struct oldlinks *l, uint64_t dev, uint64_t ino);
const char *oldlinks_dir_name(const struct oldlinks *l, uint64_t dir, uint64_t *ret_parent);

#endif
