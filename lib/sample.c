/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a thread measures what it does in between two looks at its times (spent.c), now and
 * then, as a look takes a few system calls.
 *
 * It may become time for that while work is under way that began without.  Such a sample must not
 * go to what comes next: where a few long pieces of work take all the time, and many short ones
 * none, the short ones would be all that is measured.  What the thread has done since its last
 * look is more than what it has done in this work, so what is left is no more than it has waited.
 *
 * Where every system call waits, as under a tracer, the work is not the cause.  The looks
 * themselves make system calls that never wait for a file system.  For each call that the work
 * made, the time of such a call is subtracted.
 */
#include <config.h>

#include "sample.h"

#include <stdatomic.h>
#include <time.h>

#include "clock.h"
#include "cores.h"
#include "limit.h"
#include "relaxed.h"

/*
 * A thread measures every so many ns at most.  It takes fifteen system calls, and all threads
 * together spend no more than one part in MEASURE_PART of the processors' time on them; but one of
 * them measures after SELDOM (ns).
 */
#define EVERY 10000000
#define MEASURE_PART 256
#define SELDOM 100000000

/* The coarse clock may be behind by so many ns: one tick where there are 250 a second */
#define COARSE 4000000

/*
 * When this thread may measure next, and when any of all, by CLOCK_MONOTONIC_COARSE in ns.
 * AT_ONCE: this thread may, whatever the others do.  Its first work may be the first of its kind.
 */
#define AT_ONCE (-1)
static _Thread_local int64_t next = AT_ONCE;
static _Atomic int64_t next_of_all;

/* This thread's times when its last sample ended; zeros: there was none */
static _Thread_local struct cf_spent last_end;

static int64_t not_negative(int64_t n)
{
	return n < 0 ? 0 : n;
}

static bool is_time(int64_t now)
{
	return next == AT_ONCE || (now >= next && now >= cf_relaxed_get(next_of_all));
}

/*
 * A sample has been taken, at the time now, for which cf_spent_now() has taken so long (ns); 0:
 * that is not known.
 */
static void rest(int64_t now, int64_t took)
{
	static _Atomic int64_t least;	/* that it has ever taken: then it was not disturbed */
	int64_t before = cf_relaxed_get(least);

	if (took && (!before || took < before))
		cf_relaxed_set(least, took);
	else
		took = before;
	/* A sample takes three. */
	int64_t all = 3 * MEASURE_PART * took / cf_cores();
	cf_relaxed_set(next_of_all, now + (all < SELDOM ? all : SELDOM));
	next = now + EVERY;
}

void cf_sample_begin(struct cf_sample *s, int64_t now, bool must)
{
	s->taken = must || is_time(now);
	s->begin.wall = now;
	s->begin.held = cf_limit_waited();
	if (!s->taken)
		return;
	struct cf_spent before = cf_spent_now();

	s->begin = cf_spent_now();
	int64_t took = s->begin.wall - before.wall;
	s->call = not_negative(took - (s->begin.cpu - before.cpu) -
			       (s->begin.queue - before.queue)) / cf_spent_calls();
	rest(now, took);
}

bool cf_sample_counts(const struct cf_sample *s)
{
	return s->taken || is_time(cf_clock(CLOCK_MONOTONIC_COARSE));
}

/* Returns the time from the beginning to end (ns), without what limits and c have of it. */
static int64_t waited(const struct cf_sample *s, const struct cf_spent *end, struct cf_cost c)
{
	return end->wall - s->begin.wall - (end->held - s->begin.held) - c.cpu - c.queue;
}

struct cf_cost cf_sample_end(const struct cf_sample *s, unsigned int calls)
{
	struct cf_spent end = cf_spent_now();
	struct cf_cost c = {
		.cpu = not_negative(end.cpu - s->begin.cpu),
		.queue = not_negative(end.queue - s->begin.queue),
	};

	last_end = end;
	/* Who was not put to sleep has not waited: what is missing, a hypervisor took. */
	if (end.sleeps > s->begin.sleeps)
		c.wait = not_negative(waited(s, &end, c) - s->call * calls);
	return c;
}

bool cf_sample_end_late(const struct cf_sample *s, struct cf_cost *ret)
{
	struct cf_spent end = cf_spent_now(), before = last_end;
	struct cf_cost c = { .cpu = end.cpu - before.cpu, .queue = end.queue - before.queue };

	last_end = end;
	c.wait = waited(s, &end, c) - COARSE;
	if (!before.wall || end.sleeps <= before.sleeps || c.wait <= c.cpu)
		return false;
	rest(end.wall, 0);
	*ret = c;
	return true;
}

void cf_sample_next(void)
{
	next = AT_ONCE;
}

int64_t cf_sample_took(const struct cf_sample *s)
{
	/* Read from one clock, both times have the same mean error. */
	return cf_clock(s->taken ? CLOCK_MONOTONIC : CLOCK_MONOTONIC_COARSE) - s->begin.wall;
}
