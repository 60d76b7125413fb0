/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: watch.paused is a futex.  The threads of a paused copy sleep until it is 0, and
 * whoever sets it to 0 wakes them all.  So there is no lock that a child of fork(2), or
 * exit(3) in a signal handler, could find taken.
 *
 * A thread that sleeps here keeps its copy's descriptors and its stack; it does not count as
 * working.  A copy that no thread has begun with does not come here: cookie.c takes it out
 * of the pool's queue.
 *
 * A cancel ends the pause.
 */
#include <config.h>

#include "pause.h"

#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pool.h"

/* Some 32-bit architectures have only the call with 64 bits of time.  No time is used here. */
#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

void cf_pause_begin(struct cf_watch *watch)
{
	cf_relaxed_set(watch->was_paused, true);
	atomic_store(&watch->paused, 1);
}

void cf_pause_end(struct cf_watch *watch)
{
	if (atomic_exchange(&watch->paused, 0))
		syscall(SYS_futex, &watch->paused, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void cf_pause_sleep(const struct cf_watch *watch)
{
	cf_pool_park();
	/* It returns at once if paused is not 1 any more, and may do so for no reason. */
	while (atomic_load(&watch->paused))
		syscall(SYS_futex, &watch->paused, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
	cf_pool_unpark();
}
