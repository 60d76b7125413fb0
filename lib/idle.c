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
#include "cores.h"
#include "relaxed.h"

/* Nanoseconds from one look to the next: three ticks of one processor, or of two or more */
#define LOOK_EVERY (cf_cores() > 1 ? 15000000 : 30000000)

/* The mean is over so many looks, of half a second or one; at first, over all that were made. */
#define LOOKS 32

/* What is older than this (ns) tells nothing of now. */
#define OUT_OF_DATE 1000000000

/* What all processors together have spent, in ticks */
struct ticks {
	uint64_t idle, all;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of last and looks */
static struct ticks last;
static int looks;			/* that the mean is made of */
static _Atomic int64_t looked;		/* when last was read; 0: never */
static atomic_int share = CF_IDLE_NOT_YET, mean = CF_IDLE_NOT_YET;

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

/* The idle share from then to now, or CF_IDLE_NOT_YET */
static int share_of(const struct ticks *then, const struct ticks *now)
{
	/* The kernel may correct these numbers downwards. */
	if (now->all <= then->all || now->idle < then->idle)
		return CF_IDLE_NOT_YET;
	uint64_t part = (now->idle - then->idle) * CF_IDLE_WHOLE / (now->all - then->all);
	return part > CF_IDLE_WHOLE ? CF_IDLE_WHOLE : (int)part;
}

static void set_locked(int new_share)
{
	int old = cf_relaxed_get(mean);

	cf_relaxed_set(share, new_share);
	if (new_share < 0)
		looks = 0;
	else if (looks < LOOKS)
		looks++;
	cf_relaxed_set(mean, looks > 1 ? old + (new_share - old) / looks : new_share);
}

static void look_locked(int64_t now)
{
	int64_t before = cf_relaxed_get(looked);
	struct ticks ticks;

	cf_relaxed_set(looked, now);
	if (!read_ticks(&ticks)) {
		set_locked(CF_IDLE_UNKNOWN);
		return;
	}
	bool of_now = before && now - before < OUT_OF_DATE;
	set_locked(of_now ? share_of(&last, &ticks) : CF_IDLE_NOT_YET);
	last = ticks;
}

/* Look if it is time, and return what is known then. */
static int look(const atomic_int *known)
{
	int64_t now = cf_clock(CLOCK_MONOTONIC_COARSE);

	if (now - cf_relaxed_get(looked) >= LOOK_EVERY && pthread_mutex_trylock(&lock) == 0) {
		if (now - cf_relaxed_get(looked) >= LOOK_EVERY)
			look_locked(now);
		pthread_mutex_unlock(&lock);
	}
	/* After fork(2) the lock may be held for ever. */
	int n = cf_relaxed_get(*known);
	bool of_now = now - cf_relaxed_get(looked) < OUT_OF_DATE;
	return of_now || n == CF_IDLE_UNKNOWN ? n : CF_IDLE_NOT_YET;
}

int cf_idle_share(void)
{
	return look(&share);
}

int cf_idle_mean(void)
{
	return look(&mean);
}
