/* SPDX-License-Identifier: GPL-3.0-or-later */
/* plan - what is about to be done with an entry, and how that depends on others. */
#ifndef PCP_PLAN_H
#define PCP_PLAN_H

#include <stdbool.h>
#include <sys/stat.h>

struct copy;
struct entry;
struct link;

/* A copy that is about to begin: what was found, and what depends on how it ends */
struct plan {
	bool over;			/* the destination is there, */
	struct stat dst;		/* and is this; zeros: not known */
	char *backup;			/* its new name, or NULL; owned */
	struct link *link;		/* names that wait for this copy, or NULL */
	bool again;			/* it was begun before, when nothing was there */
};

enum go {
	GO,		/* ahead with the plan */
	STAY,		/* nothing is to be done */
	STAY_AS_COPY,	/* the same, but what is there is as good as a copy */
	REFUSED		/* nothing can be, which has been reported */
};

/* Complete plan by what is at the destination of e. */
enum go plan_look(struct copy *c, const struct entry *e, struct plan *plan);

/* e is not copied. */
void plan_leave_out(const struct entry *e, enum go why);

#endif
