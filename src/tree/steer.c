/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the library measures whether copies wait, and sizes its pool; the
 * crew follows it, with a walker for each four threads that wait, for a directory
 * costs a walker half a dozen calls while its files are being copied.  Where making
 * directories waits there are as many as may be, before any copy was measured.
 * Where nothing waits there is a walker for each core, and copies happen in them.
 */
#include <config.h>

#include "tree/steer.h"

#include <stddef.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "tree/workers.h"

/* The most workers: more gained nothing at 2 ms a call with 64 threads. */
#define MOST_WALKERS 16
#define THREADS_PER_WALKER 4

/* How often the crew's size is looked at, in nanoseconds */
#define LOOK_NS 4000000

/* A directory is slow if making it waits this long: two round trips on a fast network. */
#define SLOW_DIR_NS 1000000

/* Of directories that are fast, one of so many is measured. */
#define FEW_DIRS 16

/* How many more of either kind than of the other are remembered */
#define SLOW_MOST 8

void steer_init(struct steer *s, struct workers *workers)
{
	*s = (struct steer){ .workers = workers };
}

void steer_dir_begins(struct steer *s, struct steer_timer *t)
{
	int slow = s->slow_dirs;
	/* Once it is clear that they are fast, few are measured. */
	bool clear = slow == -SLOW_MOST && s->dirs_begun++ % FEW_DIRS;

	t->wall = clear ? 0 : clock_now(CLOCK_MONOTONIC);
	t->cpu = clear ? 0 : clock_now(CLOCK_THREAD_CPUTIME_ID);
}

void steer_dir_made(struct steer *s, const struct steer_timer *t)
{
	if (!t->wall)
		return;
	int64_t cpu = clock_now(CLOCK_THREAD_CPUTIME_ID) - t->cpu;
	int64_t wait = clock_now(CLOCK_MONOTONIC) - t->wall - cpu;
	int slow = s->slow_dirs;

	/* Approximate where threads race, as the whole is. */
	if (wait > SLOW_DIR_NS && slow < SLOW_MOST)
		s->slow_dirs = slow + 1;
	else if (wait <= SLOW_DIR_NS && slow > -SLOW_MOST)
		s->slow_dirs = slow - 1;
}

static void resize_workers(struct steer *s)
{
	struct copyfile_stats stats;

	/* Not the history */
	if (copyfile_stats(&stats, offsetof(struct copyfile_stats, decisions)) < 0)
		return;
	unsigned int most = stats.threads_target / THREADS_PER_WALKER;
	/* Where nothing waits, who is at work on a big file has a core of its own. */
	unsigned int cores = stats.busy_big < stats.cores ? stats.cores - stats.busy_big : 1;
	if (s->slow_dirs > 0)
		most = MOST_WALKERS;
	workers_resize(s->workers, most > cores ? most : cores);
}

static void look(struct steer *s)
{
	int64_t t = clock_now(CLOCK_MONOTONIC_COARSE), next = s->next_look;

	if (t >= next && atomic_compare_exchange_strong(&s->next_look, &next, t + LOOK_NS))
		resize_workers(s);
}

bool steer_wants_walker(struct steer *s)
{
	look(s);
	return workers_want_more(s->workers);
}

bool steer_wants_help(struct steer *s)
{
	look(s);
	return workers_want_more_soon(s->workers);
}
