/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many workers are worth it, as the directories that they make wait or do not. */
#include <config.h>

#include <unistd.h>

#include "base/clock.h"
#include "tap.h"
#include "tree/steer.h"
#include "tree/workers.h"

enum { LIMIT = 13, TIMES = 20 };

static struct workers workers;
static struct steer steer;

/* Let so many directories have waited for ms milliseconds each. */
static void make_dirs(int n, int ms)
{
	struct steer_timer t;

	while (n-- > 0) {
		steer_dir_begins(&steer, &t);
		if (t.wall)
			t.wall -= ms * (int64_t)1000000;
		steer_dir_made(&steer, &t);
	}
}

/* How many workers may work, once it has been time to look at that */
static unsigned int allowed(void)
{
	usleep(20000);
	(void)steer_wants_walker(&steer);
	return workers.target;
}

static unsigned int cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < LIMIT ? (unsigned int)n : LIMIT;
}

static void nothing(void *arg)
{
	(void)arg;
}

int main(void)
{
	unsigned int measured = 0, i;

	workers_init(&workers, LIMIT, nothing, NULL);
	steer_init(&steer, &workers);
	is_int(workers.target, 1, "one worker before anything is known");
	make_dirs(TIMES, 10);
	is_int(allowed(), LIMIT, "slow directories: as many as there may be");
	make_dirs(TIMES, 0);
	ok(allowed() <= cores(), "fast directories: at most one for each core");
	for (i = 0; i < 160; i++) {
		struct steer_timer t;

		steer_dir_begins(&steer, &t);
		measured += t.wall != 0;
		steer_dir_made(&steer, &t);
	}
	is_int(measured, 10, "of fast directories one in sixteen is measured");
	make_dirs(TIMES * 16, 10);
	is_int(allowed(), LIMIT, "slow again: that is found out even so");
	ok(steer_wants_walker(&steer) && steer_wants_help(&steer), "no work: it is wanted");
	workers_fini(&workers);
	return done_testing();
}
