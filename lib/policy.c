/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: of every few small copies one is measured: its wall time, and the
 * processor time of its thread.  Both go into running means.  Copies that burn
 * the processor (local disks, the page cache) have the two alike; on a server
 * or a cold disk the wall time is far longer.
 *
 * The numbers are relaxed atomics: a lost sample is no loss.
 */
#include <config.h>

#include "policy.h"

#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

/* Measured before a verdict; the first copies are all measured. */
#define ENOUGH 4

/* After that, one copy of so many: CLOCK_THREAD_CPUTIME_ID is a system call. */
#define EVERY 16

/* Weight of the past in a running mean: 1 - 1/SMOOTH */
#define SMOOTH 8

/*
 * A wait shorter than this is none (a contended lock, a page fault, one read
 * from a fast disk): half a dozen round trips take longer.  In ns.
 */
#define SHORTEST_WAIT 400000

/* Where copies wait, this many threads (64 in flight served NFS at 5 ms best). */
#define MOST_THREADS 64

/* More bytes than this say more about bandwidth than about latency. */
#define SMALL_SIZE (256 * 1024)

static struct {
	atomic_uint begun, samples;
	_Atomic int64_t wall, cpu;	/* running means, ns */
} seen;

static int64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

#define get(field) atomic_load_explicit(&seen.field, memory_order_relaxed)
#define set(field, value) atomic_store_explicit(&seen.field, value, memory_order_relaxed)
#define next(field) atomic_fetch_add_explicit(&seen.field, 1, memory_order_relaxed)

void cf_policy_begin(struct cf_policy_sample *s)
{
	s->taken = get(samples) < ENOUGH || next(begun) % EVERY == 0;
	if (s->taken) {
		s->wall = now(CLOCK_MONOTONIC);
		s->cpu = now(CLOCK_THREAD_CPUTIME_ID);
	}
}

void cf_policy_end(const struct cf_policy_sample *s, uint64_t bytes)
{
	if (!s->taken || bytes > SMALL_SIZE)
		return;
	int64_t cpu = now(CLOCK_THREAD_CPUTIME_ID) - s->cpu;
	int64_t wall = now(CLOCK_MONOTONIC) - s->wall;

	if (next(samples) == 0) {
		set(wall, wall);
		set(cpu, cpu);
	} else {
		set(wall, get(wall) + (wall - get(wall)) / SMOOTH);
		set(cpu, get(cpu) + (cpu - get(cpu)) / SMOOTH);
	}
}

bool cf_policy_waits(void)
{
	if (get(samples) < ENOUGH)
		return true;
	int64_t wait = get(wall) - get(cpu);
	return wait > SHORTEST_WAIT && wait > get(cpu);
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

unsigned int cf_policy_threads(unsigned int fixed, bool caller_works)
{
	if (fixed)
		return fixed;
	unsigned int n = cores();
	/* The first verdict is due at once; until then no more than the cores. */
	if (get(samples) >= ENOUGH && cf_policy_waits())
		return n > MOST_THREADS ? n : MOST_THREADS;
	return caller_works && n > 1 ? n - 1 : n;
}
