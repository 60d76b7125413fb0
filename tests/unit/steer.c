/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many workers are worth it, as the work that the library is told of waits or does not. */
#include <config.h>

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "tap.h"
#include "tree/steer.h"
#include "tree/workers.h"

enum { LIMIT = 64, TIMES = 8 };

/* Longer than the library lets pass from one measurement to the next */
#define LONG_NS 15000000

static struct workers workers;
static struct steer steer;
static int no_disk;		/* a directory that is on no disk with an arm */

/* CF_IDLE_UNKNOWN: whatever else this machine does, the library believes what it measures here. */
int cf_idle_share(void);
int cf_idle_share(void)
{
	return -2;
}

int cf_idle_mean(void);
int cf_idle_mean(void)
{
	return -2;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = LONG_NS }, NULL);
}

static void spin(void)
{
	int64_t until = clock_now(CLOCK_THREAD_CPUTIME_ID) + LONG_NS;

	while (clock_now(CLOCK_THREAD_CPUTIME_ID) < until)
		;
}

/* Do n pieces of work, each of which takes a while, in this way. */
static void work(int n, void (*spend)(void))
{
	while (n-- > 0) {
		struct copyfile_work w;

		copyfile_work_begin(&w);
		spend();
		copyfile_work_end(&w, no_disk, no_disk, 1);
	}
}

/* How many workers may work, once it has been time to look at that */
static unsigned int allowed(void)
{
	usleep(20000);
	steer_update(&steer);
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
	unsigned int n;

	no_disk = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	workers_init(&workers, LIMIT, nothing, NULL);
	steer_init(&steer, &workers);
	is_int(workers.target, 1, "one worker before anything is known");
	work(TIMES, nap);
	n = allowed();
	ok(n > 1 && n <= (LIMIT + 1) / 2, "work that waits: one for two threads (%u)", n);
	usleep(60000);
	is_int(allowed(), LIMIT, "and one for each while there is nothing to copy");
	work(TIMES, spin);
	n = allowed();
	ok(n <= cores(), "work that does not: at most one for each core (%u)", n);
	work(3 * TIMES, nap);
	(void)allowed();
	usleep(60000);
	is_int(allowed(), LIMIT, "work waits again: that is found out");
	ok(steer_wants_help(&steer), "no work: it is wanted");
	workers_fini(&workers);
	return done_testing();
}
