/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a few of the small copies are measured: the wall time of the copy, and the
 * busy time of its thread, in which the thread had a processor or queued for one.
 * For copies that burn the processor (local disks, the page cache) the two are
 * nearly equal; on a server or a cold disk the wall time is far longer.  A pair of file
 * systems is said to wait if most of the copies measured lately waited.  A mean of the
 * times would not do: a single copy that a hypervisor stopped for 30 ms would decide it.
 *
 * Queueing must count as busy.  With more threads than processors it takes long, and
 * if it counted as waiting, still more threads would be started.
 *
 * Where every system call waits, as under a tracer, the file systems are not the cause.
 * The measurement itself makes system calls that never wait for a file system.  For each
 * call that a copy made, the time of such a call is subtracted.
 *
 * The share of queueing is kept as well.  Where it is large the processors are busy,
 * maybe with the server of the file system, and more threads do not help.
 *
 * Each pair of file systems has a verdict of its own.  Pairs are few.  A new pair may
 * take the entry of another one, whose verdict is then lost and found again.
 *
 * Where copies burn the processor, a thread of the program that copies by itself
 * takes a core, as a thread of the pool does.  So the threads that did so lately are
 * counted.
 *
 * The numbers are relaxed atomics: a lost sample does no harm.
 */
#include <config.h>

#include "policy.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "fibhash.h"
#include "relaxed.h"

/* Copies that are measured before there is a verdict.  Each of the first copies is. */
#define ENOUGH 2

/* Pairs of file systems that are told apart: 2^PAIR_BITS */
#define PAIR_BITS 4

/* A first copy that has not ended after this time (ns) is taken to wait. */
#define LONG_FIRST 12000000

/* Copies that are handed over without a verdict.  With the next one the caller waits ... */
#define FIRST_FEW 8

/* ... for a verdict: it looks every LOOK_EVERY ns, LOOKS times.  A local copy takes less. */
#define LOOK_EVERY 50000
#define LOOKS 20

/*
 * Where copies burn the processor: after the verdict the threads of the program have this
 * time (ns) to begin to copy by themselves.  Then the pool takes the cores that are left.
 */
#define SHOW_UP 3000000

/* An upper estimate of the system calls of the first copies, with those that measure */
#define FIRST_CALLS 64

/* After the verdict a copy is measured every so many ns: it takes twelve system calls. */
#define EVERY 50000000

/* The share of copies that waited is a running mean, in parts of WHOLE. */
#define WHOLE 1024

/* The newest copy has the weight 1/SMOOTH in that mean. */
#define SMOOTH 6

/* If copies queue for more than this part of their time, of WHOLE, processors are short. */
#define CROWDED (WHOLE / 8)

/*
 * A shorter wait (ns) does not count: it may be a contended lock, a page fault, or a read
 * from a fast disk.  The half a dozen round trips of a copy on a server take longer.
 */
#define SHORTEST_WAIT 600000

/* Most threads where copies wait: NFS at 5 ms was fastest with 64 copies in flight. */
#define MOST_THREADS 64

/* A thread that copied by itself within this time (ns) counts as a caller. */
#define LATELY 50000000

/* Callers that are told apart */
#define CALLERS 64

/* A copy of more bytes than this tells more about bandwidth than about latency. */
#define SMALL_SIZE (256 * 1024)

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

/* How long this thread had a processor or queued for one; *queue is the latter alone. */
static int64_t busy(int64_t *queue)
{
	*queue = queued();
	return cf_clock(CLOCK_THREAD_CPUTIME_ID) + *queue;
}

/* The system calls that busy() makes */
#define BUSY_CALLS 4

/* ------------------------------------------------------- the verdict */

static struct pair {
	_Atomic uint64_t key;
	_Atomic int64_t begun;		/* when its first copy began; 0: not yet */
	_Atomic int64_t known;		/* when there was a verdict for the first time */
	atomic_uint handed_over;	/* copies, before that */
	atomic_uint samples;
	atomic_int waiting;		/* share of copies that waited, 0 to WHOLE */
	atomic_int crowd;		/* the share of time that copies queued, 0 to WHOLE */
} pairs[1 << PAIR_BITS];

/* The pair that was measured last, for cf_policy_waiting() */
static struct pair *_Atomic last_measured;

static struct pair *find(uint64_t key)
{
	struct pair *p = &pairs[cf_hash(key, PAIR_BITS)];

	if (cf_relaxed_get(p->key) != key) {
		cf_relaxed_set(p->begun, 0);
		cf_relaxed_set(p->known, 0);
		cf_relaxed_set(p->handed_over, 0);
		cf_relaxed_set(p->samples, 0);
		cf_relaxed_set(p->waiting, 0);
		cf_relaxed_set(p->crowd, 0);
		cf_relaxed_set(p->key, key);
	}
	return p;
}

static bool measured(const struct pair *p)
{
	return cf_relaxed_get(p->samples) >= ENOUGH;
}

void cf_policy_begin(struct cf_policy_sample *s, uint64_t pair)
{
	static _Thread_local int64_t next;
	int64_t begin = cf_clock(CLOCK_MONOTONIC_COARSE);

	struct pair *p = find(pair);

	s->pair = pair;
	s->taken = begin >= next || cf_relaxed_get(p->samples) < ENOUGH;
	if (!s->taken)
		return;
	next = begin + EVERY;
	int64_t before = busy(&s->queued);
	begin = cf_now();
	s->busy = busy(&s->queued);
	s->wall = cf_now();
	s->call = (s->wall - begin - (s->busy - before)) / BUSY_CALLS;
	if (s->call < 0)
		s->call = 0;
	/* What the calls take by themselves does not count: let it begin later by that. */
	if (!cf_relaxed_get(p->begun))
		cf_relaxed_set(p->begun, s->wall + s->call * FIRST_CALLS);
}

void cf_policy_is_big(struct cf_policy_sample *s)
{
	struct pair *p = find(s->pair);

	s->taken = false;
	/* The next small copy may become the first one. */
	if (!measured(p))
		cf_relaxed_set(p->begun, 0);
}

void cf_policy_end(const struct cf_policy_sample *s, uint64_t bytes, unsigned int calls)
{
	if (!s->taken || bytes > SMALL_SIZE)
		return;
	int64_t took = cf_now() - s->wall;
	int64_t queue;
	int64_t was_busy = busy(&queue) - s->busy;

	struct pair *p = find(s->pair);
	int64_t wait = took - was_busy - s->call * calls;
	int share = wait > SHORTEST_WAIT && wait > was_busy ? WHOLE : 0;
	int crowd = took > 0 ? (int)((queue - s->queued) * WHOLE / took) : 0;

	crowd = crowd < 0 ? 0 : crowd > WHOLE ? WHOLE : crowd;
	unsigned int before = cf_relaxed_add(p->samples, 1);
	if (before + 1 == ENOUGH)
		cf_relaxed_set(p->known, s->wall + took);
	if (before > 0) {
		share = cf_relaxed_get(p->waiting) + (share - cf_relaxed_get(p->waiting)) / SMOOTH;
		crowd = cf_relaxed_get(p->crowd) + (crowd - cf_relaxed_get(p->crowd)) / SMOOTH;
	}
	assert(share >= 0 && share <= WHOLE && crowd >= 0 && crowd <= WHOLE);
	cf_relaxed_set(p->waiting, share);
	cf_relaxed_set(p->crowd, crowd);
	cf_relaxed_set(last_measured, p);
}

void cf_policy_await(uint64_t pair)
{
	struct pair *p = find(pair);

	if (measured(p) ||
	    cf_relaxed_add(p->handed_over, 1) != FIRST_FEW)
		return;
	for (int i = 0; i < LOOKS && !measured(p); i++)
		nanosleep(&(struct timespec){ .tv_nsec = LOOK_EVERY }, NULL);
}

bool cf_policy_waits(uint64_t pair)
{
	const struct pair *p = find(pair);

	return !measured(p) || cf_relaxed_get(p->waiting) > WHOLE / 2;
}

unsigned int cf_policy_waiting(void)
{
	const struct pair *p = cf_relaxed_get(last_measured);

	return p ? cf_relaxed_get(p->waiting) * 100 / WHOLE : 0;
}

/* ------------------------------------------------------- the callers */

/* When threads of the program last copied by themselves.  Each has its own cache line. */
static struct {
	_Alignas(64) _Atomic int64_t last;	/* 0: never */
} callers[CALLERS];

void cf_policy_caller_works(void)
{
	static atomic_uint threads;
	static _Thread_local unsigned int mine;	/* 0: not chosen yet */

	if (!mine)
		mine = 1 + cf_relaxed_add(threads, 1) % CALLERS;
	cf_relaxed_set(callers[mine - 1].last, cf_clock(CLOCK_MONOTONIC_COARSE));
}

unsigned int cf_policy_callers(void)
{
	int64_t since = cf_clock(CLOCK_MONOTONIC_COARSE) - LATELY;
	unsigned int n = 0;

	for (unsigned int i = 0; i < CALLERS; i++)
		n += cf_relaxed_get(callers[i].last) > since;
	return n;
}

/* -------------------------------------------------------- the threads */

/* How many processors there may be at most: guards against a kernel that never has enough. */
#define MOST_CORES (1 << 20)

/* Returns how many processors this thread may run on; 1 if that can't be told. */
static unsigned int count_cores(void)
{
	unsigned int count = 0;
	bool too_small = true;

	/* The kernel refuses a set that has no room for all processors. */
	for (int room = CPU_SETSIZE; too_small && room <= MOST_CORES; room *= 2) {
		cpu_set_t *set = CPU_ALLOC(room);
		size_t size = CPU_ALLOC_SIZE(room);
		int r = set ? sched_getaffinity(0, size, set) : -1;

		too_small = set && r < 0 && errno == EINVAL;
		count = r == 0 ? CPU_COUNT_S(size, set) : 0;
		CPU_FREE(set);
	}
	return count ? count : 1;
}

unsigned int cf_policy_cores(void)
{
	static atomic_uint cores;
	unsigned int n = cf_relaxed_get(cores);

	if (!n) {
		n = count_cores();
		cf_relaxed_set(cores, n);
	}
	return n;
}

struct cf_pool_limits cf_policy_limits(unsigned int fixed, uint64_t pair)
{
	unsigned int cores = cf_policy_cores(), most = cores > MOST_THREADS ? cores : MOST_THREADS;
	const struct pair *p = find(pair);
	unsigned int working = cf_policy_callers();
	int64_t begun = cf_relaxed_get(p->begun), t = cf_now();
	bool late = begun && t - begun > LONG_FIRST;
	bool waits = cf_policy_waits(pair) && (measured(p) || late);
	/* The ENOUGH copies that a verdict takes should be made at the same time. */
	unsigned int few = measured(p) || cores > ENOUGH ? cores : ENOUGH;
	unsigned int least = fixed ? fixed : few;
	/* No core is spare while the threads of the program may still begin to copy. */
	if (measured(p) && t - cf_relaxed_get(p->known) < SHOW_UP)
		working = least;

	return (struct cf_pool_limits){
		.least = least, .most = fixed ? fixed : most, .waits = waits,
		.crowded = cf_relaxed_get(p->crowd) > CROWDED,
		.spare = waits ? least : least > working ? least - working : 0,
	};
}
