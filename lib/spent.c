/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: the kernel is asked, with a few system calls that never wait for a file system but
 * that of /proc.
 *
 * The clocks of some kernels, as of a machine in a box, have but the ticks of its timer, of 10 ms.
 * What a thread computes for a millisecond is nothing there nine times, and once a whole tick.  How
 * long it queues is not known there.
 */
#include <config.h>

#include "spent.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "limit.h"
#include "relaxed.h"

static int64_t queued(void)
{
	char line[96];
	long long cpu, delay = 0;
	int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	ssize_t n = read(fd, line, sizeof line - 1);
	close(fd);
	line[n < 0 ? 0 : n] = '\0';
	return sscanf(line, "%lld %lld", &cpu, &delay) == 2 ? delay : 0;
}

static long sleeps(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_nvcsw : 0;
}

/* Returns true if the thread's clock stands still while it makes system calls. */
static bool stands_still(void)
{
	int64_t before = cf_clock(CLOCK_THREAD_CPUTIME_ID);

	(void)queued();
	return cf_clock(CLOCK_THREAD_CPUTIME_ID) == before;
}

static bool has_ticks(void)
{
	enum { UNKNOWN, TICKS, FINE };
	static atomic_int clock;
	int kind = cf_relaxed_get(clock);

	if (kind == UNKNOWN) {
		/* A tick may come between. */
		kind = stands_still() || stands_still() ? TICKS : FINE;
		cf_relaxed_set(clock, kind);
	}
	return kind == TICKS;
}

struct cf_spent cf_spent_now(void)
{
	struct cf_spent s = {
		.sleeps = sleeps(), .queue = has_ticks() ? 0 : queued(), .held = cf_limit_waited(),
	};

	/* The other calls come before these two, which are compared. */
	s.cpu = cf_clock(CLOCK_THREAD_CPUTIME_ID);
	s.wall = cf_now();
	return s;
}

bool cf_spent_is_exact(void)
{
	return !has_ticks();
}

int cf_spent_calls(void)
{
	/* To a kernel with ticks the other clock is a system call as well. */
	return has_ticks() ? 3 : 5;
}
