/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: what a run may use is shared out at the start, and never exceeded.
 *
 * Descriptors: what the process may still open is counted, as whoever started it may have
 * left some open.  What main, the walkers and the copies that run in their threads
 * need comes first, then a third each for directories, cookies, and the files of the
 * pool's threads.  With few of them there are few threads, and with hardly any none:
 * then all is done in main, one by one.
 *
 * Threads: the library measures whether copies wait, and sizes its pool; the
 * crew follows it, with a walker for each four threads that wait, for a directory
 * costs a walker half a dozen calls while its files are being copied.  Where making
 * directories waits there are as many as may be, before any copy was measured.
 * Where nothing waits there is a walker for each core, and copies happen in them.
 *
 * Main walks nothing: it reaps what has ended, and watches.
 */
#include <config.h>

#include "run.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/resource.h>

#include <libcopyfile.h>

#include "clock.h"
#include "copy.h"
#include "hash.h"
#include "options.h"
#include "progress.h"
#include "report.h"
#include "retry.h"
#include "signals.h"
#include "stats.h"
#include "stop.h"
#include "walk.h"

/* Main's: epoll, the bell, its own copy, and what it opens for a moment */
#define FDS_MAIN 8

/* With fewer there is no scout, which takes as many as a walker. */
#define FDS_SCOUT 128

/* A walker's: the two directories that it is in, the two that it enters, its own copy,
   and what it opens for a moment */
#define FDS_WALKER 8

/* A third of the rest; with fewer nothing is done at the same time. */
#define MIN_SHARE 4

/* With hardly any: a copy, and one opened for a moment; the rest are directories. */
#define FDS_ONE_BY_ONE 3

/* A source and a destination; with fewer nothing can be copied. */
#define MIN_DIR_FDS 2
#define MAX_DIR_FDS 512
#define MAX_FDS 8192

/* Descriptors that are looked at in one call */
#define FD_BLOCK 512

/* Cookies: with the most threads, as many wait as are at work even when half have gone. */
#define DEFAULT_WINDOW 256

/* Walkers: more gained nothing at 2 ms a call with 64 threads. */
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

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* How many descriptors the process may have */
static unsigned int descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 64;
	/* The hard limit is ours to use; no child inherits it. */
	rlim_t want = limit.rlim_max < MAX_FDS ? limit.rlim_max : MAX_FDS;
	if (limit.rlim_cur < want) {
		limit.rlim_cur = want;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur < MAX_FDS ? limit.rlim_cur : MAX_FDS;
}

/* How many of those from first on, n at most FD_BLOCK, are open: poll(2) tells of many at once. */
static unsigned int open_from(int first, unsigned int n)
{
	struct pollfd fds[FD_BLOCK];
	unsigned int open = 0;

	for (unsigned int i = 0; i < n; i++)
		fds[i] = (struct pollfd){ .fd = first + (int)i };
	if (RETRY(poll(fds, n, 0)) < 0)
		return 0;
	for (unsigned int i = 0; i < n; i++)
		open += !(fds[i].revents & POLLNVAL);
	return open;
}

/* How many descriptors the process may still open */
static unsigned int free_descriptors(void)
{
	unsigned int limit = descriptor_limit(), open = 0;

	for (unsigned int at = 0; at < limit; at += FD_BLOCK) {
		unsigned int n = open_from((int)at, least(limit - at, FD_BLOCK));

		/* They are given from the lowest on. */
		if (!n)
			break;
		open += n;
	}
	return limit - open;
}

struct shares {
	unsigned int dirs, window, threads, walkers;
	bool in_order, scout;
};

static struct shares share_out(const struct options *o)
{
	unsigned int fds = free_descriptors(), scout = fds >= FDS_SCOUT ? FDS_WALKER : 0;
	unsigned int used = FDS_MAIN + FDS_WALKER + scout, rest = fds > used ? fds - used : 0;
	/* More walkers only where that leaves plenty for the files. */
	unsigned int walkers = 1 + least(rest / (4 * FDS_WALKER), MOST_WALKERS - 1);
	unsigned int share = (rest - (walkers - 1) * FDS_WALKER) / 3;
	struct shares s = {
		.dirs = least(share, MAX_DIR_FDS),
		.window = least(share, o->window ? o->window : DEFAULT_WINDOW),
		/* Each has a source and a destination open. */
		.threads = share / 2,
		.walkers = o->jobs ? least(walkers, o->jobs) : walkers,
		.scout = scout,
	};

	if (o->jobs && (o->jobs < s.threads || !s.threads))
		s.threads = o->jobs;
	/* One after the other, in order: to be asked about, say */
	s.in_order = o->ask || share < MIN_SHARE || (o->jobs == 1 && s.window < 2);
	if (s.in_order) {
		s.walkers = 0;
		/* Cookies even then, which can be cancelled; if there are descriptors. */
		s.window = share < MIN_SHARE ? 0 : 1;
	}
	if (share < MIN_SHARE) {
		s.dirs = fds > FDS_ONE_BY_ONE ? least(fds - FDS_ONE_BY_ONE, MAX_DIR_FDS) : 0;
		if (s.dirs < MIN_DIR_FDS)
			s.dirs = MIN_DIR_FDS;
	}
	return s;
}

/* ----------------------------------------------------- what others call */

static bool relieve(void *arg)
{
	return window_relieve(&((struct copy *)arg)->window);
}

static bool defer(void *arg, struct chore *chore)
{
	struct copy *c = arg;

	/* Only main has something better to do. */
	return window_is_main(&c->window) && crew_give(&c->crew, chore);
}

static void ring(void *arg)
{
	window_ring(&((struct copy *)arg)->window);
}

/* Main comes by: what has been asked for meanwhile? */
static void attend(void *arg)
{
	struct copy *c = arg;

	progress_tick(c);
	if (signals_snapshot())
		progress_snapshot(c);
	signals_suspend(progress_suspend);
	if (stop_asked() == STOP_SIGNAL)
		window_cancel(&c->window);
}

void run_dir_begins(struct copy *c, struct run_timer *t)
{
	int slow = c->slow_dirs;
	/* Once it is clear that they are fast, few are measured. */
	bool clear = slow == -SLOW_MOST && c->dirs_begun++ % FEW_DIRS;

	t->wall = clear ? 0 : clock_now(CLOCK_MONOTONIC);
	t->cpu = clear ? 0 : clock_now(CLOCK_THREAD_CPUTIME_ID);
}

void run_dir_made(struct copy *c, const struct run_timer *t)
{
	if (!t->wall)
		return;
	int64_t cpu = clock_now(CLOCK_THREAD_CPUTIME_ID) - t->cpu;
	int64_t wait = clock_now(CLOCK_MONOTONIC) - t->wall - cpu;
	int slow = c->slow_dirs;

	/* Approximate where threads race, as the whole is. */
	if (wait > SLOW_DIR_NS && slow < SLOW_MOST)
		c->slow_dirs = slow + 1;
	else if (wait <= SLOW_DIR_NS && slow > -SLOW_MOST)
		c->slow_dirs = slow - 1;
}

static void resize_crew(struct copy *c)
{
	struct copyfile_advice advice;

	if (copyfile_advice(&advice, sizeof advice) < 0)
		return;
	unsigned int most = advice.threads / THREADS_PER_WALKER;
	if (c->slow_dirs > 0)
		most = MOST_WALKERS;
	crew_resize(&c->crew, most > advice.callers ? most : advice.callers);
}

static void look(struct copy *c)
{
	int64_t t = clock_now(CLOCK_MONOTONIC_COARSE), next = c->next_look;

	if (t >= next && atomic_compare_exchange_strong(&c->next_look, &next, t + LOOK_NS))
		resize_crew(c);
}

bool run_wants_walker(struct copy *c)
{
	look(c);
	return crew_wants(&c->crew);
}

bool run_wants_help(struct copy *c)
{
	look(c);
	return crew_wants_soon(&c->crew);
}

/* -------------------------------------------------------- begin and end */

void run_init(struct copy *c, const struct options *opts)
{
	struct shares s = share_out(opts);

	*c = (struct copy){ .opts = opts };
	c->in_order = s.in_order;
	c->may_scout = s.scout;
	c->umask = umask(0);
	umask(c->umask);

	if (!window_init(&c->window, s.window))
		s.window = 0;
	c->window.in_order = s.in_order;
	c->window.ended = copy_ended;
	c->window.attend = attend;
	c->window.ticks = progress_init(c);
	c->window.arg = c;

	crew_init(&c->crew, s.window ? s.walkers : 0);
	c->crew.done = ring;
	c->crew.arg = c;

	c->dirs = (struct dirs){
		.opts = opts, .max_fds = s.dirs, .relieve = relieve, .defer = defer, .arg = c,
	};
	dirs_init(&c->dirs, &c->cwd);
	signals_wake(ring, c);
	links_init(&c->links);
	made_init(&c->made);
	made_init(&c->seen);

	/* "Automatic" is the library's business, unless descriptors are scarce. */
	struct copyfile_setup setup = {
		.threads = opts->jobs || s.threads < 64 ? s.threads : 0, .pending = s.window,
		.chunk = opts->chunk,
	};
	if (copyfile_setup(&setup, sizeof setup) < 0)
		report_error(errno, "cannot set up the copying threads");
}

void run_drain(struct copy *c)
{
	/* In this order: only chores, and main, can fill the window again. */
	while (!crew_idle(&c->crew) || !window_empty(&c->window))
		window_reap(&c->window, true);
}

void run_fini(struct copy *c)
{
	run_drain(c);
	progress_end(c);
	if (stop_asked() == STOP_SIGNAL)
		progress_snapshot(c);
	if (c->opts->stats)
		stats_print(c);
	crew_fini(&c->crew);
	window_fini(&c->window);
	walk_free_roots(c);
	links_fini(&c->links);
	made_fini(&c->made);
	made_fini(&c->seen);
	if (c->sources) {
		hash_free(c->sources);
		hash_free(c->targets);
	}
	copyfile_shutdown();
}
