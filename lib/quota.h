/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * quota - how many cookies each client may have, and the descriptor that tells a client which
 * was refused when to try again.  Not thread-safe: its owner locks it.
 */
#ifndef CF_QUOTA_H
#define CF_QUOTA_H

#include <stdint.h>

/* Zero, but for clock */
struct cf_quota {
	struct cf_holder *holders;	/* clients that have cookies, or were refused one */
	unsigned int live;		/* cookies of all clients */
	unsigned int waiting;		/* holders to be told when there is room */
	int64_t (*clock)(void);		/* the owner's, which only goes forward: nanoseconds */
	int64_t contended_until;	/* until then shares are limits; 0: never */
	unsigned int contended_limit;	/* to which the shares then add up */
};

/*
 * Take a place for a cookie of client, where at most limit cookies may be live.  Returns 0
 * and *ret, to be given back by cf_quota_give(); or -EAGAIN or -ENOMEM.
 */
int cf_quota_take(struct cf_quota *q, uint64_t client, unsigned int limit,
		  struct cf_holder **ret);
void cf_quota_give(struct cf_quota *q, struct cf_holder *holder);

/* Give the place back.  The client has no use for one before all other places are free. */
void cf_quota_refuse_until_idle(struct cf_quota *q, struct cf_holder *holder);

/*
 * Returns the descriptor of client, or -errno.  It is not readable from the moment when the
 * client is refused a place until there is one; at other times it is.
 */
int cf_quota_fd(struct cf_quota *q, uint64_t client);

/* Free everything, close the descriptors, and forget the places that were taken; keep clock. */
void cf_quota_clear(struct cf_quota *q);

#endif
