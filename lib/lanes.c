/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: two questions are answered for a thread that is free.
 *
 * Which client?  The one for which the fewest threads work, and among equals the one that
 * has had the least time of threads so far.  So clients with enough tasks get the same
 * number of threads, and where there are fewer threads than clients they take turns.  The
 * thread that chooses does not count for the client that it comes from.  A client that
 * had nothing to do, or is new, begins with the least time that any other client has had:
 * nobody saves up turns.
 *
 * Which of the client's lanes?  The one that the thread is in.  Threads that create files
 * in one directory fight for its lock, and lose a third of their time.  Otherwise the lane
 * with the fewest threads in it, the oldest first: two threads share a directory only where
 * there is no other work.
 *
 * Lists are searched from the beginning.  They are short: as many clients, and as many
 * lanes, as have tasks that wait or run.
 */
#include <config.h>

#include "lanes.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

/* Of the tasks of one kind */
struct share {
	unsigned int queued;		/* tasks that wait */
	unsigned int threads;		/* at work on a task */
	int64_t served;			/* nanoseconds that threads have worked */
};

struct cf_client {
	struct cf_client *next;
	uint64_t number;
	struct cf_lane *small;		/* a lane for each place, oldest first */
	struct cf_lane big;		/* one lane for all places */
	struct share share[CF_KINDS];
};

static bool is_active(const struct cf_client *c, enum cf_kind kind)
{
	return c->share[kind].queued || c->share[kind].threads;
}

/* -------------------------------------------------- clients come and go */

/* Returns the client with this number, which is made if need be; or NULL: no memory. */
static struct cf_client *get_client(struct cf_lanes *all, uint64_t number)
{
	struct cf_client **p = &all->clients, *c;

	for (; *p; p = &(*p)->next)
		if ((*p)->number == number)
			return *p;
	c = all->spare_clients;
	if (c)
		all->spare_clients = c->next;
	else if (!(c = malloc(sizeof *c)))
		return NULL;
	*c = (struct cf_client){ .number = number, .big = { .client = c, .kind = CF_BIG } };
	*p = c;
	return c;
}

static void drop_client_if_idle(struct cf_lanes *all, struct cf_client *c)
{
	struct cf_client **p = &all->clients;

	if (c->small || c->big.first || c->big.threads)
		return;
	assert(!is_active(c, CF_BIG));
	assert(!is_active(c, CF_SMALL));
	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	c->next = all->spare_clients;
	all->spare_clients = c;
}

/* c begins to have tasks of kind: it has no claim from the time in which it had none. */
static void catch_up(const struct cf_lanes *all, struct cf_client *c, enum cf_kind kind)
{
	int64_t least = INT64_MAX;

	for (const struct cf_client *o = all->clients; o; o = o->next)
		if (o != c && is_active(o, kind) && o->share[kind].served < least)
			least = o->share[kind].served;
	if (least != INT64_MAX && c->share[kind].served < least)
		c->share[kind].served = least;
}

/* ---------------------------------------------------- lanes come and go */

/* Returns the lane of c for small tasks of place, which is made if need be; or NULL. */
static struct cf_lane *get_small_lane(struct cf_lanes *all, struct cf_client *c, uint64_t place)
{
	struct cf_lane **p = &c->small, *lane;

	for (; *p; p = &(*p)->next)
		if ((*p)->place == place)
			return *p;
	lane = all->spare_lanes;
	if (lane)
		all->spare_lanes = lane->next;
	else if (!(lane = malloc(sizeof *lane)))
		return NULL;
	*lane = (struct cf_lane){ .client = c, .kind = CF_SMALL, .place = place };
	*p = lane;
	return lane;
}

static void drop_if_idle(struct cf_lanes *all, struct cf_lane *lane)
{
	struct cf_client *c = lane->client;
	struct cf_lane **p = &c->small;

	if (lane->first || lane->threads)
		return;
	if (lane->kind == CF_SMALL) {
		while (*p != lane)
			p = &(*p)->next;
		*p = lane->next;
		lane->next = all->spare_lanes;
		all->spare_lanes = lane;
	}
	drop_client_if_idle(all, c);
}

void cf_lanes_enter(struct cf_lanes *all, struct cf_lane *lane)
{
	lane->threads++;
	lane->client->share[lane->kind].threads++;
	all->threads[lane->kind]++;
}

void cf_lanes_leave(struct cf_lanes *all, struct cf_lane *lane)
{
	struct share *share = &lane->client->share[lane->kind];

	assert(lane->threads && share->threads && all->threads[lane->kind]);
	lane->threads--;
	share->threads--;
	all->threads[lane->kind]--;
	drop_if_idle(all, lane);
}

void cf_lanes_park(struct cf_lanes *all, struct cf_lane *lane)
{
	struct share *share = &lane->client->share[lane->kind];

	assert(lane->threads && share->threads && all->threads[lane->kind]);
	share->threads--;
	all->threads[lane->kind]--;
}

void cf_lanes_unpark(struct cf_lanes *all, struct cf_lane *lane)
{
	struct cf_client *c = lane->client;

	if (!is_active(c, lane->kind))
		catch_up(all, c, lane->kind);
	c->share[lane->kind].threads++;
	all->threads[lane->kind]++;
}

struct cf_lane *cf_lanes_big(const struct cf_lane *lane)
{
	return &lane->client->big;
}

/* --------------------------------------------------------------- tasks */

static void append(struct cf_lane *lane, struct cf_task *task)
{
	task->lane = lane;
	task->next = NULL;
	task->prev = lane->last;
	*(lane->last ? &lane->last->next : &lane->first) = task;
	lane->last = task;
}

int cf_lanes_put(struct cf_lanes *all, struct cf_task *task)
{
	enum cf_kind kind = task->big ? CF_BIG : CF_SMALL;
	struct cf_client *c = get_client(all, task->client);
	struct cf_lane *lane;

	assert(!task->lane);
	if (!c)
		return -ENOMEM;
	lane = task->big ? &c->big : get_small_lane(all, c, task->place);
	if (!lane) {
		drop_client_if_idle(all, c);
		return -ENOMEM;
	}
	if (!is_active(c, kind))
		catch_up(all, c, kind);
	append(lane, task);
	c->share[kind].queued++;
	all->queued[kind]++;
	return 0;
}

void cf_lanes_remove(struct cf_lanes *all, struct cf_task *task)
{
	struct cf_lane *lane = task->lane;
	struct share *share = &lane->client->share[lane->kind];

	assert(share->queued && all->queued[lane->kind]);
	*(task->prev ? &task->prev->next : &lane->first) = task->next;
	*(task->next ? &task->next->prev : &lane->last) = task->prev;
	task->lane = NULL;
	share->queued--;
	all->queued[lane->kind]--;
	drop_if_idle(all, lane);
}

void cf_lanes_charge(struct cf_lane *lane, int64_t ns)
{
	assert(lane->threads);
	lane->client->share[lane->kind].served += ns;
}

/* ---------------------------------------------------------- the choice */

/* How many threads work for c, without the one that is in the lane from, and chooses */
static unsigned int others(const struct cf_client *c, enum cf_kind kind,
			   const struct cf_lane *from)
{
	return c->share[kind].threads - (from && from->client == c && from->kind == kind);
}

static struct cf_client *next_client(const struct cf_lanes *all, enum cf_kind kind,
				     const struct cf_lane *from)
{
	struct cf_client *best = NULL;
	unsigned int fewest = 0;

	for (struct cf_client *c = all->clients; c; c = c->next) {
		unsigned int n = others(c, kind, from);

		if (!c->share[kind].queued)
			continue;
		if (!best || n < fewest ||
		    (n == fewest && c->share[kind].served < best->share[kind].served)) {
			best = c;
			fewest = n;
		}
	}
	return best;
}

struct cf_lane *cf_lanes_next(const struct cf_lanes *all, enum cf_kind kind,
			      struct cf_lane *from, bool stay)
{
	struct cf_client *c = next_client(all, kind, from);
	struct cf_lane *best = NULL;

	if (!c)
		return NULL;
	if (kind == CF_BIG)
		return &c->big;
	if (stay && from && from->client == c && from->kind == CF_SMALL && from->first)
		return from;
	for (struct cf_lane *l = c->small; l; l = l->next)
		if (l->first && (!best || l->threads < best->threads))
			best = l;
	assert(best);
	return best;
}

/* -------------------------------------------------------------- memory */

static void free_lanes(struct cf_lane *lane)
{
	while (lane) {
		struct cf_lane *next = lane->next;

		free(lane);
		lane = next;
	}
}

static void free_clients(struct cf_client *c)
{
	while (c) {
		struct cf_client *next = c->next;

		free_lanes(c->small);
		free(c);
		c = next;
	}
}

void cf_lanes_trim(struct cf_lanes *all)
{
	free_lanes(all->spare_lanes);
	free_clients(all->spare_clients);
	all->spare_lanes = NULL;
	all->spare_clients = NULL;
}

void cf_lanes_clear(struct cf_lanes *all)
{
	cf_lanes_trim(all);
	free_clients(all->clients);
	*all = (struct cf_lanes){ 0 };
}
