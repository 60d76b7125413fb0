/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: the kernel is asked, with a few system calls that never wait for a file system but
 * that of /proc.
 */
#include <config.h>

#include "spent.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "limit.h"

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

struct cf_spent cf_spent_now(void)
{
	struct cf_spent s = {
		.sleeps = sleeps(), .queue = queued(), .held = cf_limit_waited(),
	};

	/* The other calls come before these two, which are compared. */
	s.cpu = cf_clock(CLOCK_THREAD_CPUTIME_ID);
	s.wall = cf_now();
	return s;
}
