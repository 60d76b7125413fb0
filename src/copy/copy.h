/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * copy - what becomes of one entry that is not a directory.  Thread-safe.
 */
#ifndef PCP_COPY_H
#define PCP_COPY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/dirset.h"
#include "copy/entry.h"
#include "copy/links.h"
#include "copy/window.h"
#include "report/report.h"
#include "tree/dir.h"
#include "tree/workers.h"

struct options;
struct plan;

/* A run of pcp: what all its threads share; see run.h */
struct copy {
	const struct options *opts;
	struct window window;
	struct crew crew;
	struct links links;
	struct dirs dirs;
	struct made made;			/* directories that this run has made */
	struct made seen;			/* directories that were operands */
	struct dir cwd;				/* the operands' directory */
	mode_t umask;
	bool into_dir;				/* the operands go into a directory */
	bool in_order;				/* one after the other, as cp does it */
	bool may_scout;				/* there are descriptors for a scout */
	_Atomic int64_t next_look;		/* at the size of the crew; see run.c */
	_Atomic unsigned int dirs_begun;	/* see run_dir_begins() */
	_Atomic int slow_dirs;			/* of those made lately: slow less fast ones */

	/* Main's alone */
	struct hash_table *sources, *targets;	/* operands seen, by name */
	struct stat target;			/* the directory that they go into */
	unsigned int operand;			/* the number of the one that is at hand */
	bool merged;				/* something is copied into older directories */
	struct walk_root *roots;		/* operands that are walked */
};

/* Number e, if somebody is told of each. */
void copy_number(struct entry *e);

/*
 * Copy e, whose directory is in use, or start to; everything that fails is
 * reported.
 */
void copy_entry(struct copy *c, const struct entry *e);

/* Do with e what plan says; what is at its destination has been looked at. */
void copy_planned(struct copy *c, const struct entry *e, const struct plan *plan);

/* The window's: a copy that was started here has ended. */
void copy_ended(void *arg, const struct pending *p, int result,
		const struct copyfile_info *info);

/* Is e's destination that of an earlier operand?  Main thread only. */
bool copy_is_target(const struct copy *c, const struct entry *e);

/* COPYFILE_* flags for copying an entry's attributes, as the options say */
uint64_t copy_attr_flags(const struct options *o);

/* The -v lines of e; backup is the new name of what was there, or NULL. */
void copy_announce(const struct copy *c, const struct entry *e, const char *backup);
void copy_announce_removed(const struct entry *e);

#endif
