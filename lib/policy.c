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
 * Where every system call waits, as under a tracer, the file systems are not to
 * blame.  The measuring makes calls, too, that never wait for one: as much as such
 * a call takes is taken off for each that the copy made.
 *
 * Queueing has a share of its own: where it is large the processors are busy,
 * maybe with what serves the file system, and more threads bring nothing.
 *
 * Each pair of file systems has a verdict of its own.  They are few; one that
 * comes anew takes the entry of another, which will be learnt again.
 *
 * Where copies burn the processor, a thread of the program that copies by itself
 * takes a core as a thread of the pool does: so those are counted that did
 * so lately.
 *
 * The numbers are relaxed atomics: a lost sample is no loss.
 */
#include <config.h>

#include "policy.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Measured before a verdict; the first copies are all measured. */
#define ENOUGH 2

/* Pairs of file systems that are told apart */
#define PAIRS 16

/* A first copy that takes so long (ns) waits, before it has ended. */
#define LONG_FIRST 12000000

/* So many are handed over to learn from; who has more waits for the verdict ... */
#define FIRST_FEW 8

/* ... looking so often, and so many times (ns): a local copy takes less in all. */
#define LOOK_EVERY 50000
#define LOOKS 20

/*
 * Where copies burn the processor, threads of the program get so long (ns) to show up
 * before the pool takes the cores that they seem to spare.
 */
#define SHOW_UP 3000000

/* The system calls of the first copies, measuring included, generously */
#define FIRST_CALLS 64

/* After that, one copy in so many ns: measuring takes twelve system calls. */
#define EVERY 50000000

/* The share of copies that waited is a running mean, in parts of WHOLE ... */
#define WHOLE 1024

/* ... in which the past weighs 1 - 1/SMOOTH */
#define SMOOTH 6

/* Copies that queue for so much of their time (of WHOLE) have threads enough. */
#define CROWDED (WHOLE / 8)

/*
 * A wait shorter than this is none (a contended lock, a page fault, one read
 * from a fast disk): half a dozen round trips take longer.  In ns.
 */
#define SHORTEST_WAIT 600000

/* Where copies wait, this many threads (64 in flight served NFS at 5 ms best). */
#define MOST_THREADS 64

/* A thread that copied by itself within this time counts as doing so (ns). */
#define LATELY 50000000

/* Threads that are told apart for that */
#define CALLERS 64

/* More bytes than this say more about bandwidth than about latency. */
#define SMALL_SIZE (256 * 1024)

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

/* For how long this thread had a processor, or queued for one: *queue */
static int64_t busy(int64_t *queue)
{
	*queue = queued();
	return now(CLOCK_THREAD_CPUTIME_ID) + *queue;
}

/* The system calls that busy() makes */
#define BUSY_CALLS 4

/* ------------------------------------------------------- the verdict */

static struct pair {
	_Atomic uint64_t key;
	_Atomic int64_t begun;		/* when its first copy began; 0: not yet */
	_Atomic int64_t known;		/* when it had been measured enough */
	atomic_uint handed_over;	/* before that */
	atomic_uint samples;
	atomic_int waiting;		/* share of copies that waited, 0 to WHOLE */
	atomic_int crowd;		/* share of their time spent queueing for a processor */
} pairs[PAIRS];

#define get(field) atomic_load_explicit(&(field), memory_order_relaxed)
#define set(field, value) atomic_store_explicit(&(field), value, memory_order_relaxed)

/* The last one that was measured, for the curious */
static struct pair *_Atomic last_measured;

static struct pair *find(uint64_t key)
{
	struct pair *p = &pairs[key * 0x9e3779b97f4a7c15ULL >> 60];

	if (get(p->key) != key) {
		set(p->begun, 0);
		set(p->known, 0);
		set(p->handed_over, 0);
		set(p->samples, 0);
		set(p->waiting, 0);
		set(p->crowd, 0);
		set(p->key, key);
	}
	return p;
}

static bool measured(const struct pair *p)
{
	return get(p->samples) >= ENOUGH;
}

void cf_policy_begin(struct cf_policy_sample *s, uint64_t pair)
{
	static _Thread_local int64_t next;
	int64_t begin = now(CLOCK_MONOTONIC_COARSE);

	struct pair *p = find(pair);

	s->pair = pair;
	s->taken = begin >= next || get(p->samples) < ENOUGH;
	if (!s->taken)
		return;
	next = begin + EVERY;
	int64_t before = busy(&s->queued);
	begin = now(CLOCK_MONOTONIC);
	s->busy = busy(&s->queued);
	s->wall = now(CLOCK_MONOTONIC);
	s->call = (s->wall - begin - (s->busy - before)) / BUSY_CALLS;
	if (s->call < 0)
		s->call = 0;
	/* As if it began when what its calls wait for themselves is over. */
	if (!get(p->begun))
		set(p->begun, s->wall + s->call * FIRST_CALLS);
}

void cf_policy_is_big(struct cf_policy_sample *s)
{
	struct pair *p = find(s->pair);

	s->taken = false;
	/* The next small one may be the first. */
	if (!measured(p))
		set(p->begun, 0);
}

void cf_policy_end(const struct cf_policy_sample *s, uint64_t bytes, unsigned int calls)
{
	if (!s->taken || bytes > SMALL_SIZE)
		return;
	int64_t took = now(CLOCK_MONOTONIC) - s->wall;
	int64_t queue;
	int64_t was_busy = busy(&queue) - s->busy;

	struct pair *p = find(s->pair);
	int64_t wait = took - was_busy - s->call * calls;
	int share = wait > SHORTEST_WAIT && wait > was_busy ? WHOLE : 0;
	int crowd = took > 0 ? (int)((queue - s->queued) * WHOLE / took) : 0;

	crowd = crowd < 0 ? 0 : crowd > WHOLE ? WHOLE : crowd;
	unsigned int before = atomic_fetch_add_explicit(&p->samples, 1, memory_order_relaxed);
	if (before + 1 == ENOUGH)
		set(p->known, s->wall + took);
	if (before > 0) {
		share = get(p->waiting) + (share - get(p->waiting)) / SMOOTH;
		crowd = get(p->crowd) + (crowd - get(p->crowd)) / SMOOTH;
	}
	set(p->waiting, share);
	set(p->crowd, crowd);
	set(last_measured, p);
}

void cf_policy_await(uint64_t pair)
{
	struct pair *p = find(pair);

	if (measured(p) ||
	    atomic_fetch_add_explicit(&p->handed_over, 1, memory_order_relaxed) != FIRST_FEW)
		return;
	for (int i = 0; i < LOOKS && !measured(p); i++)
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_EVERY }, NULL);
}

bool cf_policy_waits(uint64_t pair)
{
	const struct pair *p = find(pair);

	return !measured(p) || get(p->waiting) > WHOLE / 2;
}

unsigned int cf_policy_waiting(void)
{
	const struct pair *p = get(last_measured);

	return p ? get(p->waiting) * 100 / WHOLE : 0;
}

/* ------------------------------------------------------- the callers */

/* When threads of the program last copied by themselves; each in its own cache line */
static struct {
	_Alignas(64) _Atomic int64_t last;	/* 0: never */
} callers[CALLERS];

void cf_policy_caller_works(void)
{
	static atomic_uint threads;
	static _Thread_local unsigned int mine;	/* 0: not chosen yet */

	if (!mine)
		mine = 1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % CALLERS;
	set(callers[mine - 1].last, now(CLOCK_MONOTONIC_COARSE));
}

unsigned int cf_policy_callers(void)
{
	int64_t since = now(CLOCK_MONOTONIC_COARSE) - LATELY;
	unsigned int n = 0;

	for (unsigned int i = 0; i < CALLERS; i++)
		n += get(callers[i].last) > since;
	return n;
}

/* -------------------------------------------------------- the threads */

unsigned int cf_policy_cores(void)
{
	static atomic_uint cores;
	unsigned int n = get(cores);

	if (!n) {
		cpu_set_t ours;

		n = sched_getaffinity(0, sizeof ours, &ours) == 0 ? CPU_COUNT(&ours) : 1;
		set(cores, n);
	}
	return n;
}

struct cf_pool_limits cf_policy_limits(unsigned int fixed, uint64_t pair)
{
	unsigned int cores = cf_policy_cores(), most = cores > MOST_THREADS ? cores : MOST_THREADS;
	const struct pair *p = find(pair);
	unsigned int working = cf_policy_callers();
	int64_t begun = get(p->begun), t = now(CLOCK_MONOTONIC);
	bool late = begun && t - begun > LONG_FIRST;
	bool waits = cf_policy_waits(pair) && (measured(p) || late);
	/* For a verdict it takes ENOUGH, which had better be at the same time. */
	unsigned int few = measured(p) || cores > ENOUGH ? cores : ENOUGH;
	unsigned int least = fixed ? fixed : few;
	/* None is spared while it is not clear who works. */
	if (measured(p) && t - get(p->known) < SHOW_UP)
		working = least;

	return (struct cf_pool_limits){
		.least = least, .most = fixed ? fixed : most, .waits = waits,
		.crowded = get(p->crowd) > CROWDED,
		.spare = waits ? least : least > working ? least - working : 0,
	};
}
