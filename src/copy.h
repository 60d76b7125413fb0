/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * copy - what becomes of one entry that is not a directory.  Thread-safe.
 */
#ifndef PCP_COPY_H
#define PCP_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "crew.h"
#include "dir.h"
#include "links.h"
#include "made.h"
#include "window.h"

struct options;

/* A run of pcp: what all its threads share; see run.h */
struct copy {
	const struct options *opts;
	struct window window;
	struct crew crew;
	struct links links;
	struct dirs dirs;
	struct made made;
	struct dir cwd;				/* the operands' directory */
	mode_t umask;
	bool into_dir;				/* the operands go into a directory */
	_Atomic int64_t next_look;		/* at the size of the crew; see run.c */
	_Atomic unsigned int dirs_begun;	/* see run_dir_begins() */
	_Atomic int slow_dirs;			/* of those made lately: slow less fast ones */

	/* Main's alone */
	struct hash_table *sources, *targets;	/* operands seen, by name */
	bool merged;				/* something is copied into older directories */
	struct walk_root *roots;		/* operands that are walked */
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

/*
 * Copy e, whose directory is in use, or start to; everything that fails is
 * reported.
 */
void copy_entry(struct copy *c, const struct entry *e);

/* The window's: a copy that was started here has ended. */
void copy_ended(void *arg, const struct pending *p, int result,
		const struct copyfile_info *info);

/*
 * Look at the destination of e, which may be a directory, by cp's rules; *ret
 * is what is there.
 */
enum copy_dst copy_look_at_dst(struct copy *c, const struct entry *e, struct stat *ret);

/* COPYFILE_* flags for copying an entry's attributes, as the options say */
uint64_t copy_attr_flags(const struct options *o);

/* "message 'name'", where the name is e's full source or destination */
void copy_error_src(const struct entry *e, int err, const char *message);
void copy_error_dst(const struct entry *e, int err, const char *message);

/* The -v line of e */
void copy_announce(const struct copy *c, const struct entry *e);

#endif
