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
	bool again;			/* the second attempt: nothing was there at the first */
};

enum go {
	GO,		/* the plan can be carried out */
	STAY,		/* what is there stays */
	STAY_AS_COPY,	/* what is there stays, and counts as a copy */
	REFUSED		/* nothing can be done, which has been reported */
};

/* Complete plan by what is at the destination of e. */
enum go plan_look(struct context *c, const struct entry *e, struct plan *plan);

/* e is not copied. */
void plan_leave_out(const struct entry *e, enum go why);

#endif
