/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: what a run may use is shared out at the start, and never exceeded.
 *
 * Descriptors: what the process may still open is counted, as whoever started it may have
 * left some open.  What main, the walkers and the copies that run in their threads
 * need comes first, then a third each for directories, cookies, and the files of the
 * pool's threads.  With few of them there are few threads, and with hardly any none:
 * then all is done in main, one by one.
 */
#include <config.h>

#include "budget.h"

#include <poll.h>
#include <sys/resource.h>

#include "base/options.h"
#include "base/retry.h"

/* Main's: epoll, the wake-up descriptor, its own copy, and what it opens for a moment */
#define FDS_MAIN 8

/* With fewer there is no prescan, which takes as many as a walker. */
#define FDS_PRESCAN 128

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
unsigned int budget_free_descriptors(void)
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

struct budget budget_share(const struct options *o, unsigned int fds)
{
	unsigned int prescan = fds >= FDS_PRESCAN ? FDS_WALKER : 0;
	unsigned int used = FDS_MAIN + FDS_WALKER + prescan, rest = fds > used ? fds - used : 0;
	/* More walkers only where that leaves plenty for the files. */
	unsigned int walkers = 1 + least(rest / (4 * FDS_WALKER), MOST_WALKERS - 1);
	unsigned int share = (rest - (walkers - 1) * FDS_WALKER) / 3;
	struct budget s = {
		.dirs = least(share, MAX_DIR_FDS),
		.window = least(share, o->window ? o->window : DEFAULT_WINDOW),
		/* Each has a source and a destination open. */
		.threads = share / 2,
		.walkers = o->jobs ? least(walkers, o->jobs) : walkers,
		.prescan = prescan,
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
