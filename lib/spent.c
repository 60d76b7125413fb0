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

/* The thread's clock has but ticks: one of two looks found it where the other had left it. */
static atomic_bool has_ticks;

struct cf_spent cf_spent_now(void)
{
	static _Thread_local int64_t last;	/* by that clock */
	struct cf_spent s = {
		.sleeps = sleeps(), .queue = cf_relaxed_get(has_ticks) ? 0 : queued(),
		.held = cf_limit_waited(),
	};

	/* The other calls come before these two, which are compared. */
	s.cpu = cf_clock(CLOCK_THREAD_CPUTIME_ID);
	s.wall = cf_now();
	/* System calls were made since. */
	if (s.cpu == last)
		cf_relaxed_set(has_ticks, true);
	last = s.cpu;
	return s;
}

bool cf_spent_is_exact(void)
{
	return !cf_relaxed_get(has_ticks);
}

int cf_spent_calls(void)
{
	/* To a kernel with ticks the other clock is a system call as well. */
	return cf_relaxed_get(has_ticks) ? 3 : 5;
}
