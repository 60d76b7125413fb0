/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hardlink - the further names of an inode become names of its copy.  Thread-safe. */
#ifndef PCP_HARDLINK_H
#define PCP_HARDLINK_H

#include <stdbool.h>
#include <sys/stat.h>

#include "copy/again.h"
#include "copy/entry.h"
#include "copy/plan.h"

struct context;
struct link;
struct options;
struct waiting;

/*
 * Returns true if stat(2) of e should tell whether it has further names, before it is copied.
 * Else the copy that finds that it has is EMLINK; hardlink_noticed() is to be called for both.
 */
bool hardlink_look_first(const struct context *c, const struct entry *e);

/* A file was found to have so many names. */
void hardlink_noticed(struct context *c, nlink_t names);

/* Returns true if e's inode may have other names that will become links to its copy. */
bool hardlink_possible(const struct options *o, const struct entry *e);

/*
 * The walk has met e, a name of an inode for which hardlink_possible().  Returns true if the
 * caller has to copy e by plan, whose link is set, and to call hardlink_ended() after that.
 * Otherwise e has become a link, waits for the copy of another name, or has failed, which
 * has been reported; plan->backup has been taken care of.
 */
bool hardlink_meet(struct context *c, const struct entry *e, struct plan *plan);

/*
 * What is at e's destination, as found tells, stays and counts as e's copy; why is as for
 * plan_leave_out().  If another name of e's inode was copied before, a link to that takes its
 * place.  Returns NULL, or the inode for which the caller has to call hardlink_ended().
 */
struct link *hardlink_meet_existing(struct context *c, const struct entry *e,
				    const struct plan *found, enum plan_action why);

/*
 * The copy of k's file has ended, well or not.  Returns true if the caller, or a thread that
 * it gives k to, has to call hardlink_next() until that returns false; else k is no longer
 * the caller's.
 */
bool hardlink_ended(struct context *c, struct link *k, bool copied);

/* A name that has waited, and has to be copied */
struct hardlink_turn {
	struct entry entry;
	struct plan plan;
	struct attempt attempt;	/* private to hardlink.c, */
	struct waiting *name;	/* as well */
};

/*
 * Link the names that wait for k, up to the first that has to be copied by the caller: then
 * this returns true, and the caller goes on with hardlink_end_turn().  Returns false when no
 * name waits, or those that do wait for a copy which is under way; then k is no longer the
 * caller's.
 */
bool hardlink_next(struct context *c, struct link *k, struct hardlink_turn *ret);
void hardlink_end_turn(struct hardlink_turn *turn);

#endif
