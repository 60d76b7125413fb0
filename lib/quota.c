/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: there is one limit for the cookies of all clients.  As long as nobody is refused a
 * client may have all of them.  When a client is refused that has less than its share, the
 * quota is contended for a while: each client is refused what goes beyond its share, so that
 * places which become free go to the clients that have less.  A share is the limit, divided by the
 * number of clients that have cookies or were refused one lately.  The while is long enough
 * for a client that begins again each time that a copy of its own ends.
 *
 * The limit is that of the caller, whose copies may need more descriptors than those of
 * another client.  While the quota is contended the lowest limit of the clients that were
 * refused holds for all; otherwise a client with a high limit would leave no room for one with
 * a low limit.
 *
 * A client's descriptor is an eventfd, made when it is asked for.  It is lowered when
 * the client is refused, and raised when a place is given back and the client could have it.
 * Until a descriptor has been asked for this costs a comparison.  As long as nobody is
 * refused the clock is not looked at.
 *
 * A holder without cookies stays, for the client's next one.  Those that nobody needs any
 * more are freed when a new holder is made.
 */
#include <config.h>

#include "quota.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sys.h"

/* How long a refusal is remembered (ns) */
#define MEMORY 500000000

struct cf_holder {
	struct cf_holder *next;
	uint64_t client;
	unsigned int live;		/* cookies that it has */
	unsigned int limit;		/* of the attempt that was refused last; 0: never */
	int64_t refused_at;		/* when that was */
	bool refused;			/* no room is known to have come since then */
	bool until_idle;		/* there is no room for it while any cookie is live */
	int fd;				/* not readable while refused; -1: not asked for */
};

static bool is_contender(const struct cf_holder *h, int64_t now)
{
	return h->live || (h->limit && now - h->refused_at < MEMORY);
}

static void free_holder(struct cf_holder *h)
{
	if (h->fd >= 0)
		cf_close(h->fd);
	free(h);
}

/* Free the holders that nobody needs any more. */
static void prune(struct cf_quota *q)
{
	struct cf_holder **p = &q->holders, *h;
	int64_t now = q->clock();

	while ((h = *p)) {
		if (h->fd >= 0 || is_contender(h, now)) {
			p = &h->next;
			continue;
		}
		*p = h->next;
		free_holder(h);
	}
}

/* Returns the holder for client, which is made if need be; or NULL: no memory. */
static struct cf_holder *get_holder(struct cf_quota *q, uint64_t client)
{
	struct cf_holder *h;

	for (h = q->holders; h; h = h->next)
		if (h->client == client)
			return h;
	prune(q);
	h = malloc(sizeof *h);
	if (!h)
		return NULL;
	*h = (struct cf_holder){ .client = client, .fd = -1, .next = q->holders };
	q->holders = h;
	return h;
}

/* ---------------------------------------------------------- the shares */

/* How many of limit cookies each client may have when all want more */
static unsigned int share_of(const struct cf_quota *q, unsigned int limit)
{
	unsigned int contenders = 0;
	int64_t now = q->clock();

	for (const struct cf_holder *h = q->holders; h; h = h->next)
		contenders += is_contender(h, now);
	return limit > contenders ? limit / (contenders ? contenders : 1) : 1;
}

/* Returns true if nobody may have more than its share. */
static bool is_contended(struct cf_quota *q)
{
	if (q->contended_until && q->clock() >= q->contended_until)
		q->contended_until = 0;
	return q->contended_until;
}

static bool has_room(struct cf_quota *q, const struct cf_holder *h, unsigned int limit)
{
	if (q->live >= limit)
		return false;
	if (!is_contended(q))
		return true;
	return h->live < share_of(q, limit < q->contended_limit ? limit : q->contended_limit);
}

static void contend(struct cf_quota *q, unsigned int limit)
{
	if (!is_contended(q) || limit < q->contended_limit)
		q->contended_limit = limit;
	q->contended_until = q->clock() + MEMORY;
}

/* ----------------------------------------------------- the descriptors */

static void set_refused(struct cf_quota *q, struct cf_holder *h, bool refused)
{
	if (h->refused == refused)
		return;
	h->refused = refused;
	if (h->fd < 0)
		return;
	/* Neither can fail: the descriptor is ours, and its counter is 0 or 1. */
	if (refused) {
		q->waiting++;
		(void)cf_eventfd_lower(h->fd);
	} else {
		assert(q->waiting);
		q->waiting--;
		(void)cf_eventfd_raise(h->fd);
	}
}

static bool may_try_again(struct cf_quota *q, const struct cf_holder *h)
{
	return h->until_idle ? !q->live : has_room(q, h, h->limit);
}

/* Tell the clients that were refused, and may try again. */
static void tell(struct cf_quota *q)
{
	for (struct cf_holder *h = q->holders; h; h = h->next)
		if (h->refused && may_try_again(q, h))
			set_refused(q, h, false);
}

int cf_quota_fd(struct cf_quota *q, uint64_t client)
{
	struct cf_holder *h = get_holder(q, client);

	if (!h)
		return -ENOMEM;
	if (h->fd >= 0)
		return h->fd;
	int fd = cf_eventfd();
	if (fd < 0)
		return fd;
	/* Without a descriptor it was not noticed if there is room since the refusal. */
	h->refused = h->refused && !may_try_again(q, h);
	h->fd = fd;
	if (h->refused)
		q->waiting++;
	else
		(void)cf_eventfd_raise(fd);
	return fd;
}

/* ---------------------------------------------------------- the places */

/* h is refused one of limit places. */
static void refuse(struct cf_quota *q, struct cf_holder *h, unsigned int limit)
{
	h->limit = limit;
	h->refused_at = q->clock();
	h->until_idle = false;
	if (h->live < share_of(q, limit))
		contend(q, limit);
	set_refused(q, h, true);
}

int cf_quota_take(struct cf_quota *q, uint64_t client, unsigned int limit,
		  struct cf_holder **ret)
{
	struct cf_holder *h = get_holder(q, client);

	if (!h)
		return -ENOMEM;
	if (!has_room(q, h, limit)) {
		refuse(q, h, limit);
		return -EAGAIN;
	}
	set_refused(q, h, false);
	h->live++;
	q->live++;
	assert(h->live <= q->live && q->live <= limit);
	*ret = h;
	return 0;
}

void cf_quota_give(struct cf_quota *q, struct cf_holder *h)
{
	assert(h->live && q->live >= h->live);
	h->live--;
	q->live--;
	if (q->waiting)
		tell(q);
}

void cf_quota_refuse_until_idle(struct cf_quota *q, struct cf_holder *h)
{
	cf_quota_give(q, h);
	/* Otherwise nobody would tell it. */
	assert(q->live);
	h->until_idle = true;
	set_refused(q, h, true);
}

void cf_quota_clear(struct cf_quota *q)
{
	while (q->holders) {
		struct cf_holder *h = q->holders;

		q->holders = h->next;
		free_holder(h);
	}
	*q = (struct cf_quota){ .clock = q->clock };
}
