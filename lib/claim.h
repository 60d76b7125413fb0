/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* claim - one copy at a time writes to an inode.  Thread-safe. */
#ifndef CF_CLAIM_H
#define CF_CLAIM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "watch.h"

/* What one copy has claimed.  If all is zero, apart from shared and made, that is nothing. */
struct cf_claim {
	struct cf_claim *prev, *next;	/* in its list */
	uint64_t key[2];		/* device and inode; or a directory, and a number */
	enum { CF_CLAIM_NONE, CF_CLAIM_NEW, CF_CLAIM_INODE } kind;
	bool locked;			/* fd has the lock among processes */
	bool shared;			/* set by the caller: fd is a duplicate of its own */
	bool made;			/* set by the caller: no other copy has made the file */
	unsigned int forks;		/* of this process, when the lock was taken */
	int fd;
};

/*
 * Say that a small new file is about to be made in place (see place.h), and written.
 * It costs no system call.
 */
void cf_claim_new(struct cf_claim *c, uint64_t place);

/*
 * Claim the inode that st, a stat of it, describes; wait until no other copy has it, and,
 * unless c->made, until the files that were being made in place, or elsewhere, one of which it
 * may be, have been written.  fd is open for writing to it and stays open until the claim is
 * dropped; -1: other processes are not told.
 *
 * Returns 0; 1 if it took waiting, in which the file may have changed, or gone; or
 * -ECANCELED.
 */
int cf_claim_inode(struct cf_claim *c, int fd, const struct stat *st, uint64_t place,
		   const struct cf_watch *watch);

/* Drop c, if it is a claim.  The caller closes fd right after. */
void cf_claim_drop(struct cf_claim *c);

#endif
