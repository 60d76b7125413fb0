/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * copy - what becomes of one entry that is not a directory.  Main thread only.
 */
#ifndef PCP_COPY_H
#define PCP_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "dir.h"
#include "links.h"
#include "window.h"

struct options;

/* A run of pcp */
struct copy {
	const struct options *opts;
	struct window window;
	struct links links;
	struct dirs dirs;
	struct dir cwd;				/* the operands' directory */
	struct hash_table *created_dirs;	/* topmost directories made, by inode */
	struct hash_table *sources, *targets;	/* operands seen, by name */
	bool into_dir;				/* the operands go into a directory */
	bool merged;				/* something was copied into older directories */
	mode_t umask;
};

/* An entry of a source directory, or an operand */
struct entry {
	struct dir *dir;	/* in use by the caller */
	const char *src, *dst;	/* names in it */
	mode_t type;		/* S_IFMT bits */
	const struct stat *st;	/* NULL: only the type is known */
	bool operand;
};

/* How an entry's destination was found */
enum copy_dst {
	COPY_DST_NEW,
	COPY_DST_EXISTS,
	COPY_DST_REFUSED	/* and reported */
};

/* Set up the run for opts, and take it down when all is done. */
void copy_init(struct copy *c, const struct options *opts);
void copy_fini(struct copy *c);

/* Copy e, or start to; everything that fails is reported. */
void copy_entry(struct copy *c, const struct entry *e);

/*
 * Look at the destination of e, which may be a directory, by cp's rules; *ret
 * is what is there.
 */
enum copy_dst copy_look_at_dst(struct copy *c, const struct entry *e, struct stat *ret);

/*
 * Directories that this run has made within ones that it has not.  The path of
 * the one with the inode st, or NULL; and to enter it with its path.
 */
const char *copy_made_dir(const struct copy *c, const struct stat *st);
void copy_note_dir(struct copy *c, const struct stat *st, const char *path);

/* COPYFILE_* flags for copying an entry's attributes, as the options say */
uint64_t copy_attr_flags(const struct options *o);

/* "message 'name'", where the name is e's full source or destination */
void copy_error_src(const struct entry *e, int err, const char *message);
void copy_error_dst(const struct entry *e, int err, const char *message);

/* The -v line of e */
void copy_announce(const struct copy *c, const struct entry *e);

#endif
