/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: the first line of /proc/stat, which counts in ticks of 10 ms.  It costs more than a
 * few system calls where there are many processors, so it is read once in LOOK_EVERY, by one
 * thread; all others take what that thread has found.
 */
#include <config.h>

#include "idle.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "clock.h"
#include "relaxed.h"

/* Nanoseconds from one look to the next: a few ticks of each processor */
#define LOOK_EVERY 30000000

/* What is older than this (ns) tells nothing of now. */
#define OUT_OF_DATE 1000000000

/* What all processors together have spent, in ticks */
struct ticks {
	uint64_t idle, all;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of last */
static struct ticks last;
static _Atomic int64_t looked;		/* when last was read; 0: never */
static atomic_int share = -1;

static bool read_ticks(struct ticks *ret)
{
	unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
	char line[256];
	int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t n = read(fd, line, sizeof line - 1);
	close(fd);
	line[n < 0 ? 0 : n] = '\0';
	if (sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
		   &idle, &iowait, &irq, &softirq, &steal) != 8)
		return false;
	/* While a processor waits for a disk it has nothing to do. */
	ret->idle = idle + iowait;
	ret->all = ret->idle + user + nice + system + irq + softirq + steal;
	return true;
}

/* The idle share from then to now, or -1 */
static int share_of(const struct ticks *then, const struct ticks *now)
{
	/* The kernel may correct these numbers downwards. */
	if (now->all <= then->all || now->idle < then->idle)
		return -1;
	uint64_t part = (now->idle - then->idle) * CF_IDLE_WHOLE / (now->all - then->all);
	return part > CF_IDLE_WHOLE ? CF_IDLE_WHOLE : (int)part;
}

static void look_locked(int64_t now)
{
	int64_t before = cf_relaxed_get(looked);
	struct ticks ticks;

	if (!read_ticks(&ticks)) {
		cf_relaxed_set(share, -1);
		return;
	}
	cf_relaxed_set(share, before && now - before < OUT_OF_DATE ? share_of(&last, &ticks) : -1);
	last = ticks;
	cf_relaxed_set(looked, now);
}

int cf_idle_share(void)
{
	int64_t now = cf_clock(CLOCK_MONOTONIC_COARSE);

	if (now - cf_relaxed_get(looked) >= LOOK_EVERY && pthread_mutex_trylock(&lock) == 0) {
		if (now - cf_relaxed_get(looked) >= LOOK_EVERY)
			look_locked(now);
		pthread_mutex_unlock(&lock);
	}
	/* After fork(2) the lock may be held for ever. */
	return now - cf_relaxed_get(looked) < OUT_OF_DATE ? cf_relaxed_get(share) : -1;
}
