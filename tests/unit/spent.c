/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * On what a thread has spent its time: what a clock of nanoseconds tells, and one that has but
 * ticks.  The test plays the part of that clock, in a process for each kind.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "spent.h"
#include "tap.h"

static bool has_ticks;

int clock_gettime(clockid_t clock, struct timespec *ret)
{
	int r = (int)syscall(SYS_clock_gettime, clock, ret);

	/* One tick has come when it is read first. */
	if (clock == CLOCK_THREAD_CPUTIME_ID && has_ticks)
		*ret = (struct timespec){ .tv_nsec = 10000000 };
	return r;
}

/* Returns which of these are true, a bit for each. */
static int look(bool ticks)
{
	has_ticks = ticks;
	struct cf_spent a = cf_spent_now();
	usleep(1000);
	struct cf_spent b = cf_spent_now();

	return (b.wall - a.wall >= 1000000) | (b.sleeps > a.sleeps) << 1 | (b.cpu > a.cpu) << 2 |
	       cf_spent_is_exact() << 3;
}

static int look_in_child(bool ticks)
{
	int status = -1;
	pid_t child = fork();

	if (child == 0)
		_exit(look(ticks));
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

int main(void)
{
	is_int(look_in_child(false), 1 | 2 | 4 | 8, "a clock of nanoseconds is exact");
	is_int(look_in_child(true), 1 | 2, "one that has ticks is not, and is known for that");
	return done_testing();
}
