/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: what a run may use is shared out at the start, and never exceeded.  First come
 * the descriptors of the main thread, of the prescan and of the walkers, with the copies
 * that these threads make themselves.  The rest is divided into thirds: for directories,
 * for cookies, and for the files of the library's threads.
 *
 * With few descriptors there are few threads, and with hardly any there are none: the main
 * thread then copies one file after the other.
 */
#include <config.h>

#include "budget.h"

#include <poll.h>
#include <sys/resource.h>

#include "base/options.h"
#include "base/retry.h"

/* Descriptors above this are neither asked for nor counted.  Without --window a run has less
   than 1100 open, whatever it may have. */
#define MAX_FDS 8192

/* The limit that is assumed where the system does not tell it */
#define ASSUMED_FDS 64

/* The main thread's: epoll, the eventfd that wakes it, the directory to copy into, a copy of
   its own (two files), and what is opened for a moment, to look something up */
#define FDS_MAIN 8

/* A walker's: the pair of directories that it is in, the pair that it enters, a copy of its
   own (two files), and two that are opened for a moment */
#define FDS_WALKER 8

/* The prescan has a directory at a time, but is allowed as many as a walker. */
#define FDS_PRESCAN FDS_WALKER

/* With fewer than this there is no prescan: the copies need them more. */
#define MIN_FDS_FOR_PRESCAN 128

/* The least third with which more than one copy is under way */
#define MIN_SHARE 4

/* With less than that: the directory to copy into, a copy's two files, and one that is opened
   for a moment.  All others are for directories. */
#define FDS_ONE_BY_ONE 4

/* A source and a destination.  With fewer nothing can be copied. */
#define MIN_DIR_FDS 2

/* 256 pairs, several for each of MOST_WALKERS and for each level of a usual tree */
#define MAX_DIR_FDS 512

/* Descriptors that poll(2) is asked about in one call */
#define FD_BLOCK 512

/*
 * The library starts 64 threads at most.  Half of this window keeps them busy, with as many
 * copies in their queue, while the main thread reaps the other half.
 */
#define DEFAULT_WINDOW 256
#define LIBRARY_THREADS 64

/* More walkers gained nothing where each call took 2 ms and 64 threads copied. */
#define MOST_WALKERS 16

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Raise the soft limit as far as it is of use, and return it. */
static unsigned int descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return ASSUMED_FDS;
	/* No program that could be upset by a higher limit (select(2)) inherits it. */
	rlim_t want = limit.rlim_max < MAX_FDS ? limit.rlim_max : MAX_FDS;
	if (limit.rlim_cur < want) {
		limit.rlim_cur = want;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
		(void)getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur < MAX_FDS ? limit.rlim_cur : MAX_FDS;
}

/* How many of the n descriptors from first on are open; n is FD_BLOCK at most. */
static unsigned int count_open(int first, unsigned int n)
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

unsigned int budget_free_descriptors(void)
{
	unsigned int limit = descriptor_limit(), open = 0;

	for (unsigned int first = 0; first < limit; first += FD_BLOCK) {
		unsigned int n = count_open((int)first, least(limit - first, FD_BLOCK));

		/* The kernel gives the lowest that is free, so there are none above. */
		if (!n)
			break;
		open += n;
	}
	return limit - open;
}

/*
 * Returns the lesser of what -j and the descriptors allow.  -j is not refused where the
 * descriptors allow none: then no thread is ever started.
 */
static unsigned int copying_threads(const struct options *o, unsigned int share)
{
	/* Each has a source and a destination open. */
	unsigned int possible = share / 2;

	if (o->jobs)
		return possible ? least(possible, o->jobs) : o->jobs;
	return possible < LIBRARY_THREADS ? possible : 0;
}

/* All that is left for directories where there is hardly anything to share */
static unsigned int dirs_one_by_one(unsigned int free_fds)
{
	if (free_fds < FDS_ONE_BY_ONE + MIN_DIR_FDS)
		return MIN_DIR_FDS;
	return least(free_fds - FDS_ONE_BY_ONE, MAX_DIR_FDS);
}

struct budget budget_share(const struct options *o, unsigned int free_fds)
{
	bool prescan = free_fds >= MIN_FDS_FOR_PRESCAN;
	unsigned int used = FDS_MAIN + FDS_WALKER + (prescan ? FDS_PRESCAN : 0);
	unsigned int rest = free_fds > used ? free_fds - used : 0;
	/* Further walkers take a quarter of the rest at most. */
	unsigned int further = least(rest / (4 * FDS_WALKER), MOST_WALKERS - 1);
	unsigned int share = (rest - further * FDS_WALKER) / 3;
	bool scarce = share < MIN_SHARE;
	struct budget b = {
		.dirs = scarce ? dirs_one_by_one(free_fds) : least(share, MAX_DIR_FDS),
		.window = least(share, o->window ? o->window : DEFAULT_WINDOW),
		.threads = copying_threads(o, share),
		.most_threads = share / 2 ? share / 2 : 1,
		/* With --control more jobs may come. */
		.walkers = o->jobs && !o->control ? least(1 + further, o->jobs) : 1 + further,
		.prescan = prescan,
	};

	b.in_order = o->ask || scarce || (o->jobs == 1 && b.window < 2);
	if (b.in_order) {
		b.walkers = 0;
		/* A copy with a cookie can be cancelled, if there is a descriptor for that. */
		b.window = scarce ? 0 : 1;
	}
	return b;
}
