/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: polling.  A copy waits for a lease to be broken, for a reader of a FIFO, or for
 * another copy of the same file.  A system call that waits would not notice a cancel.  Most
 * of these waits are over after a few microseconds, and the others are rare.  During a long
 * wait the pool runs another thread in place of this one: a paused copy may last for ever.
 */
#include <config.h>

#include "wait.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <time.h>

#include "pause.h"
#include "pool.h"
#include "sys.h"

/* Steps in which only the processor is given away */
#define YIELDS 8

/* The first nap, which doubles with each step, and the longest */
#define FIRST_NAP_NS 20000
#define LONGEST_NAP_NS 5000000

/*
 * Steps until a lease must be broken: the kernel grants its holder 45 s
 * (/proc/sys/fs/lease-break-time).
 */
#define LEASE_STEPS 12000

int cf_wait_step(unsigned int *steps, const struct cf_watch *watch)
{
	unsigned int n = (*steps)++;
	long nap = FIRST_NAP_NS;

	int r = cf_pause_check(watch);
	if (r < 0)
		return r;
	if (n < YIELDS) {
		sched_yield();
		return 0;
	}
	for (n -= YIELDS; n && nap < LONGEST_NAP_NS; n--)
		nap *= 2;
	nap = nap < LONGEST_NAP_NS ? nap : LONGEST_NAP_NS;
	bool park = nap == LONGEST_NAP_NS && cf_pool_is_worker();
	if (park)
		cf_pool_park();
	nanosleep(&(struct timespec){ .tv_nsec = nap }, NULL);
	if (park)
		cf_pool_unpark();
	return 0;
}

int cf_wait_open(int dir, const char *name, int flags, const struct cf_watch *watch)
{
	unsigned int steps = 0;
	int fd;

	while ((fd = cf_openat(dir, name, flags | O_NONBLOCK, 0)) == -EAGAIN &&
	       steps < LEASE_STEPS) {
		int r = cf_wait_step(&steps, watch);

		if (r < 0)
			return r;
	}
	return fd;
}
