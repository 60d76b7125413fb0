/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The share of time in which processors are idle: a part of the whole, and little when busy. */
#include <config.h>

#include "idle.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

enum { MOST_THREADS = 64 };

static atomic_bool stop;

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 200000000 }, NULL);
}

static void *spin(void *arg)
{
	while (!stop)
		;
	return arg;
}

int main(void)
{
	pthread_t threads[MOST_THREADS];
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;
	int n = 0, share;

	is_int(cf_idle_share(), CF_IDLE_NOT_YET, "after the first look nothing is known");
	is_int(cf_idle_share(), CF_IDLE_NOT_YET, "nor a moment later");
	nap();
	share = cf_idle_share();
	ok(share >= 0 && share <= CF_IDLE_WHOLE, "then there is a share (%d)", share);
	is_int(cf_idle_mean(), share, "which is the mean of all shares so far");
	if (cores > MOST_THREADS || sched_getaffinity(0, sizeof set, &set) != 0 ||
	    CPU_COUNT(&set) != cores) {
		skip(2, "this process cannot keep all processors busy");
		return done_testing();
	}
	while (n < cores && pthread_create(&threads[n], NULL, spin, NULL) == 0)
		n++;
	(void)cf_idle_share();
	nap();
	share = cf_idle_share();
	stop = true;
	while (n > 0)
		pthread_join(threads[--n], NULL);
	ok(share >= 0 && share < CF_IDLE_WHOLE / 4,
	   "with all processors busy it is small (%d)", share);
	ok(cf_idle_mean() >= 0, "the mean is between that and the shares before (%d)",
	   cf_idle_mean());
	return done_testing();
}
