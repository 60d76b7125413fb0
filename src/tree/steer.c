/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the library measures whether copies wait, and sizes its pool of threads.  The
 * number of workers follows that: one for each four threads that wait, for a directory
 * costs a walker half a dozen calls while its files are being copied.  Where the making of
 * directories waits there are as many workers as the budget allows, even before a copy was
 * measured.  Where nothing waits there is one for each core, and copies happen in them.
 *
 * All walkers call these functions, for each file or directory.  So there is no lock, and an
 * answer may be out of date, which costs one worker too many, or a wake-up.
 */
#include <config.h>

#include "tree/steer.h"

#include <limits.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "base/relaxed.h"
#include "tree/workers.h"

#define THREADS_PER_WORKER 4

/* How often the number of workers is set, in nanoseconds: one tick of the coarse clock */
#define RESIZE_NS 4000000

/* A directory is slow if making it waits this long: two round trips on a fast network. */
#define SLOW_DIR_NS 1000000

/* Once directories are known to be fast, one of so many is measured: it takes four calls. */
#define MEASURE_ONE_OF 16

/* The balance stays between this and its negative: so many directories change the verdict. */
#define MAX_BALANCE 8

void steer_init(struct steer *s, struct workers *workers)
{
	*s = (struct steer){ .workers = workers };
}

void steer_dir_begins(struct steer *s, struct steer_timer *t)
{
	*t = (struct steer_timer){ .wall = 0 };
	if (relaxed_get(s->balance) == -MAX_BALANCE &&
	    relaxed_add(s->dirs_begun, 1) % MEASURE_ONE_OF)
		return;
	t->wall = clock_now(CLOCK_MONOTONIC);
	t->cpu = clock_now(CLOCK_THREAD_CPUTIME_ID);
}

void steer_dir_made(struct steer *s, const struct steer_timer *t)
{
	if (!t->wall)
		return;
	int64_t cpu = clock_now(CLOCK_THREAD_CPUTIME_ID) - t->cpu;
	int64_t waited = clock_now(CLOCK_MONOTONIC) - t->wall - cpu;
	int balance = relaxed_get(s->balance);

	/* If two threads are here at once, one change may be lost: it is an estimate. */
	if (waited > SLOW_DIR_NS && balance < MAX_BALANCE)
		relaxed_set(s->balance, balance + 1);
	else if (waited <= SLOW_DIR_NS && balance > -MAX_BALANCE)
		relaxed_set(s->balance, balance - 1);
}

/* Returns how many workers the library's measurements call for; 0: it has none yet. */
static unsigned int workers_for_copies(void)
{
	struct copyfile_advice advice;

	if (copyfile_advice(&advice, sizeof advice) < 0)
		return 0;
	unsigned int for_waits = advice.threads / THREADS_PER_WORKER;
	return for_waits > advice.callers ? for_waits : advice.callers;
}

static void resize(struct steer *s)
{
	unsigned int n = workers_for_copies();

	/* workers_resize() knows the limit. */
	if (n)
		workers_resize(s->workers, relaxed_get(s->balance) > 0 ? UINT_MAX : n);
}

void steer_update(struct steer *s)
{
	int64_t now = clock_now(CLOCK_MONOTONIC_COARSE), at = relaxed_get(s->next_resize);

	/* Of all threads that find that it is time, one resizes. */
	if (now >= at && atomic_compare_exchange_strong(&s->next_resize, &at, now + RESIZE_NS))
		resize(s);
}

bool steer_wants_walker(struct steer *s)
{
	steer_update(s);
	return workers_want_more(s->workers);
}

bool steer_wants_help(struct steer *s)
{
	steer_update(s);
	return workers_want_more_soon(s->workers);
}
