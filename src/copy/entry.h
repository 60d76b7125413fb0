/* SPDX-License-Identifier: GPL-3.0-or-later */
/* entry - one thing to be copied, and what its two names stand for.  Thread-safe. */
#ifndef PCP_ENTRY_H
#define PCP_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct attempt;
struct dir;

/* An entry of a source directory, or an operand */
struct entry {
	struct dir *dir;	/* pinned by the caller */
	const char *src, *dst;	/* names in it */
	mode_t type;		/* S_IFMT bits */
	const struct stat *st;	/* NULL: only the type is known */
	bool operand;
	bool unseen;		/* it could not be looked at, and may be a directory */
	uint64_t id;		/* see outcome_number(); 0: not numbered */
	int64_t begun;		/* as well: CLOCK_MONOTONIC, nanoseconds; 0: not noted */
	unsigned int partial;	/* what its copy left: enum copyfile_partial */
	bool again;		/* an attempt before this one has failed, */
	bool incomplete;	/* ... and left a part of it at its destination */
	struct attempt *attempt;	/* see again.h; NULL: a failure is final */
};

/*
 * As fstatat(2) of e's source, or of what is at its destination; repeated if a signal
 * interrupts it.
 */
int entry_stat_src(const struct entry *e, struct stat *ret, int flags);
int entry_stat_dst(const struct entry *e, struct stat *ret, int flags);

/* Returns an O_PATH descriptor of the directory that e's destination is in, or -1. */
int entry_open_dst_parent(const struct entry *e);

/* Returns true if a symlink is at e's destination. */
bool entry_dst_is_symlink(const struct entry *e);

#endif
