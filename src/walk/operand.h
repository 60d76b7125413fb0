/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * operand - the copy of one operand, as if all earlier ones had been copied before.  Main
 * thread only.
 */
#ifndef PCP_OPERAND_H
#define PCP_OPERAND_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/dirset.h"
#include "walk/sweep.h"

struct context;
struct dir;
struct entry;
struct hash_table;

/* The operands of a run, as far as a later one may depend on them */
struct operands {
	struct context *c;
	struct hash_table *names;	/* of files copied so far; NULL: there is one operand */
	struct stat target;		/* if there are names: where all are copied into */
	struct dirset above_target;	/* that directory, and those above it; empty: not looked */
	bool merged;			/* one was copied into a directory that existed */
	bool reads_target;		/* one has the target directory in its source */
	struct sweep sweep;		/* of the directories that files are copied into */
};

/*
 * One operand, or several that are copied into the directory c->target.  Returns false with
 * errno set if that can't be looked at.
 */
void operands_init_single(struct operands *all, struct context *c);
bool operands_init_several(struct operands *all, struct context *c);

void operands_fini(struct operands *all);

/*
 * Copy src, which is relative to the source of dir, to dst in the destination of dir; or
 * start to.  Everything that fails is reported.
 */
void operand_copy(struct operands *all, struct dir *dir, const char *src, const char *dst);

/* Copy e, an operand that has failed before.  Nothing else is under way. */
void operand_again(struct operands *all, const struct entry *e);

/*
 * src could not be copied to dst, for a reason that has been reported: count it as failed.
 * Both are relative to the working directory.
 */
void operand_failed(struct operands *all, const char *src, const char *dst);

/* The run stops, or is out of space, before src, an operand, has been tried. */
void operand_left_out(struct operands *all, const char *src);

#endif
