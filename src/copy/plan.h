/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan - what is about to be done with an entry, by what is at its destination. */
#ifndef PCP_PLAN_H
#define PCP_PLAN_H

#include <stdbool.h>
#include <sys/stat.h>

struct context;
struct entry;
struct link;

/* A copy that is about to begin: what was found, and what depends on how it ends */
struct plan {
	bool over;			/* the destination is overwritten; then: */
	struct stat dst;		/* its stat; zeros: not known */
	char *backup;			/* the new name of what was there, or NULL; owned */
	struct link *link;		/* names that wait for this copy, or NULL */
	bool again;			/* it was begun before, when nothing was there */
};

enum go {
	GO,		/* ahead with the plan */
	STAY,		/* nothing is to be done */
	STAY_AS_COPY,	/* nothing is to be done, and what is there counts as a copy */
	REFUSED		/* nothing can be done, which has been reported */
};

/* Complete plan by what is at the destination of e. */
enum go plan_look(struct context *c, const struct entry *e, struct plan *plan);

/* e is not copied. */
void plan_leave_out(const struct entry *e, enum go why);

#endif
