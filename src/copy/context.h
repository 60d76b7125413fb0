/* SPDX-License-Identifier: GPL-3.0-or-later */
/* context - what all threads of one run of pcp share. */
#ifndef PCP_CONTEXT_H
#define PCP_CONTEXT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/dirset.h"
#include "base/loop.h"
#include "copy/doomed.h"
#include "copy/links.h"
#include "copy/window.h"
#include "tree/dir.h"
#include "tree/steer.h"
#include "tree/workers.h"

struct options;

struct context {
	const struct options *opts;
	struct loop loop;			/* main's */
	struct window window;
	struct workers workers;
	struct links links;
	atomic_uint looks;			/* hardlink.c's */
	struct doomed doomed;
	struct dirs dirs;
	struct dirset created_dirs;		/* directories that this run has made */
	struct dirset operand_dirs;		/* directories that were operands */
	atomic_bool closes_dirs;		/* the end of a directory may deny its owner
						   something that its source does not */
	struct dir cwd;				/* the operands' directory, */
	struct dir target;			/* the same, but where destinations are named */
	char *target_name;			/* the name of that directory, or NULL */
	mode_t umask;
	bool into_dir;				/* the operands go into a directory */
	bool in_order;				/* one after the other, as cp does it */
	bool may_prescan;			/* there are descriptors for a prescan */
	unsigned int most_threads;		/* of the library, by its descriptors */
	struct steer steer;			/* how many workers there are */

	/* Main's alone */
	char *const *operands;			/* what is copied, once that is known: */
	int noperands;				/* so many of them */
	struct hash_table *targets;		/* destinations of operands; NULL: there is one */
	unsigned int operand;			/* the number of the current one */
	struct walk_root *roots;		/* operands that are walked */
};

/*
 * A thread that copies calls this between two entries, without any lock: it stands still while the
 * run is paused, or if it is one too many.
 */
void context_pass(struct context *c);

/* Wait until all copies and all work that were begun are done.  Main thread only. */
void context_drain(struct context *c);

#endif
