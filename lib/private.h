/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * private - a new directory that nobody else may enter, and how files that are made in it turn
 * out.  Thread-safe, but for cf_private_begin().
 */
#ifndef CF_PRIVATE_H
#define CF_PRIVATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct cf_private {
	bool on;			/* it is private: the rest counts only then */
	dev_t dev;			/* of the directory: */
	uid_t uid;
	gid_t gid;
	bool setgid;			/* it hands its group down */
	_Atomic bool mixed;		/* not all files had the same owner */
	_Atomic uint64_t owner;		/* of its files: user and group; or that of none */
	_Atomic uint64_t kept[512 / 64];	/* a bit for each mode that a file got as asked */
};

/*
 * Find out whether dir, an open directory whose stat is st, is private.  above is that of the
 * directory which dir was made in, or NULL: what is known of its files holds for those in dir.
 */
void cf_private_begin(struct cf_private *p, int dir, const struct stat *st,
		      const struct cf_private *above);

/* Returns true if a file that is made in p is known to belong to st's owner and group. */
bool cf_private_gives_owner(const struct cf_private *p, const struct stat *st);

/* Returns true if a file that is made in p with this mode, 0 to 0777, is known to have it. */
bool cf_private_keeps_mode(const struct cf_private *p, mode_t mode);

/*
 * Learn from made, the stat of a file that was made in p with mode, and has not got another owner
 * or mode since then.  Returns true if it has the mode, and the owner of all others.
 */
bool cf_private_learn(struct cf_private *p, const struct stat *made, mode_t mode);

#endif
