/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: of every few small copies one is measured: its wall time, and the
 * time for which its thread was busy, that is had a processor or was queueing
 * for one.  Copies that burn the processor (local disks, the page cache) have the
 * two alike; on a server or a cold disk the wall time is far longer.  What
 * decides is whether most of the copies measured lately waited: a mean of the
 * times would be ruled by the one copy that a hypervisor stopped for 30 ms.
 *
 * Queueing must count as busy: with more threads than processors it is long,
 * and taking it for waiting would call for yet more threads.
 *
 * The numbers are relaxed atomics: a lost sample is no loss.
 */
#include <config.h>

#include "policy.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Measured before a verdict; the first copies are all measured. */
#define ENOUGH 4

/* After that, one copy of so many: measuring takes eight system calls. */
#define EVERY 64

/* The share of copies that waited is a running mean, in parts of WHOLE ... */
#define WHOLE 1024

/* ... in which the past weighs 1 - 1/SMOOTH */
#define SMOOTH 8

/*
 * A wait shorter than this is none (a contended lock, a page fault, one read
 * from a fast disk): half a dozen round trips take longer.  In ns.
 */
#define SHORTEST_WAIT 600000

/* Where copies wait, this many threads (64 in flight served NFS at 5 ms best). */
#define MOST_THREADS 64

/* More bytes than this say more about bandwidth than about latency. */
#define SMALL_SIZE (256 * 1024)

static struct {
	atomic_uint begun, samples;
	atomic_int waiting;		/* share of copies that waited, 0 to WHOLE */
} seen;

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

/* Nanoseconds that this thread has spent waiting for a processor, if known */
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

static int64_t busy(void)
{
	return now(CLOCK_THREAD_CPUTIME_ID) + queued();
}

#define get(field) atomic_load_explicit(&seen.field, memory_order_relaxed)
#define set(field, value) atomic_store_explicit(&seen.field, value, memory_order_relaxed)
#define next(field) atomic_fetch_add_explicit(&seen.field, 1, memory_order_relaxed)

void cf_policy_begin(struct cf_policy_sample *s)
{
	s->taken = get(samples) < ENOUGH || next(begun) % EVERY == 0;
	if (s->taken) {
		s->busy = busy();
		s->wall = now(CLOCK_MONOTONIC);
	}
}

void cf_policy_end(const struct cf_policy_sample *s, uint64_t bytes)
{
	if (!s->taken || bytes > SMALL_SIZE)
		return;
	int64_t took = now(CLOCK_MONOTONIC) - s->wall;
	int64_t was_busy = busy() - s->busy;

	int64_t wait = took - was_busy;
	int share = wait > SHORTEST_WAIT && wait > was_busy ? WHOLE : 0;

	if (next(samples) > 0)
		share = get(waiting) + (share - get(waiting)) / SMOOTH;
	set(waiting, share);
}

bool cf_policy_waits(void)
{
	return get(samples) < ENOUGH || get(waiting) > WHOLE / 2;
}

static unsigned int cores(void)
{
	static atomic_uint known;
	unsigned int n = atomic_load_explicit(&known, memory_order_relaxed);

	if (!n) {
		long online = sysconf(_SC_NPROCESSORS_ONLN);

		n = online > 0 ? (unsigned int)online : 1;
		atomic_store_explicit(&known, n, memory_order_relaxed);
	}
	return n;
}

struct cf_pool_limits cf_policy_limits(unsigned int fixed, bool caller_works)
{
	unsigned int n = cores(), most = n > MOST_THREADS ? n : MOST_THREADS;

	if (fixed)
		return (struct cf_pool_limits){ fixed, fixed };
	/* Until the first verdict, no more than the cores. */
	if (get(samples) >= ENOUGH && cf_policy_waits())
		return (struct cf_pool_limits){ most, most };
	return (struct cf_pool_limits){ caller_works && n > 1 ? n - 1 : n, most };
}
