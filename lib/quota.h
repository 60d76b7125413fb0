/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * quota - how many cookies each client may have, and the descriptor that tells a client which
 * was refused when to try again.  Not thread-safe: its owner locks it.
 *
 * All times are in nanoseconds, of a clock that only goes forward.
 */
#ifndef CF_QUOTA_H
#define CF_QUOTA_H

#include <stdint.h>

struct cf_quota {
	struct cf_holder *holders;	/* clients that have cookies, or were refused one */
	unsigned int live;		/* cookies of all clients */
	unsigned int waiting;		/* holders to be told when there is room */
	int64_t contended_until;	/* until then nobody may have more than its share */
	unsigned int contended_limit;	/* to which the shares then add up */
};

/*
 * Take a place for a cookie of client, where at most limit cookies may be live.  Returns 0
 * and *ret, to be given back by cf_quota_give(); or -EAGAIN or -ENOMEM.
 */
int cf_quota_take(struct cf_quota *q, uint64_t client, unsigned int limit, int64_t now,
		  struct cf_holder **ret);
void cf_quota_give(struct cf_quota *q, struct cf_holder *holder, int64_t now);

/* Give the place back, which is of no use to the client before all others are free, too. */
void cf_quota_refuse_until_idle(struct cf_quota *q, struct cf_holder *holder, int64_t now);

/*
 * Returns the descriptor of client, or -errno.  It is readable, but not from the refusal of a
 * place until there is one.
 */
int cf_quota_fd(struct cf_quota *q, uint64_t client, int64_t now);

/* Free everything, close the descriptors, and forget the places that were taken. */
void cf_quota_clear(struct cf_quota *q);

#endif
