/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan - what is about to be done with an entry, by what is at its destination. */
#ifndef PCP_PLAN_H
#define PCP_PLAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct context;
struct entry;
struct link;
struct options;

/* A copy that is about to begin: what was found, and what depends on how it ends */
struct plan {
	bool over;			/* the destination is overwritten */
	struct stat dst;		/* of what is there and stays; zeros: not known */
	bool through;			/* a symlink leads to that, which is followed */
	bool in_place;			/* it is written to, also with --atomic */
	uint64_t from;			/* bytes at its beginning that are there already */
	char *backup;			/* the new name of what was there, or NULL; owned */
	struct link *link;		/* names that wait for this copy, or NULL */
	const char *why;		/* as in struct existing */
	bool again;			/* the second attempt: nothing was there at the first */
};

enum plan_action {
	PLAN_COPY,		/* the plan can be carried out */
	PLAN_KEEP,		/* what is there stays */
	PLAN_KEEP_AS_COPY,	/* what is there stays, and counts as a copy */
	PLAN_ATTRIBUTES,	/* the same, but its attributes are to be put right */
	PLAN_REFUSED		/* nothing can be done, which has been reported */
};

/* Complete plan by what is at the destination of e; what must go is removed, or backed up. */
enum plan_action plan_complete(struct context *c, const struct entry *e, struct plan *plan);

/* Returns true if the copy of e is made aside, and gets its name when it is complete. */
bool plan_makes_aside(const struct options *o, const struct entry *e, const struct plan *plan);

/*
 * Record that e is not copied, and put its attributes right if why says that; why is what
 * plan_complete() has returned for plan, or PLAN_KEEP or PLAN_REFUSED.
 */
void plan_leave_out(struct context *c, const struct entry *e, const struct plan *plan,
		    enum plan_action why);

#endif
