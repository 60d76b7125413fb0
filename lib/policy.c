/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: one question sizes everything: are processors idle while work waits?
 *
 * A piece of work is a copy, or what the program does between copies to the same file systems,
 * such as making a directory.  A few of them are measured: for how long the thread had a
 * processor (cpu), queued for one, and waited for something else: a server, a disk.
 *
 *	wall = cpu + queue + wait
 *
 * While one thread waits, a processor can serve others: as many threads as
 *
 *	processors * (cpu + wait) / cpu
 *
 * keep all of them busy if they wait evenly.  They do not, so the demand, from which scale.c
 * begins, is twice that.  This holds from a page cache (cpu alone) over a disk (some times 100
 * microseconds) to a far server.  The first pieces of work alone tell it: of many that are under
 * way each waits for the others, too, and would ask for ever more.
 *
 * A pair of file systems is said to wait if most of the work measured lately did, for longer than
 * half of what it computed, and the mean of all work did.  Either alone would not do: a single
 * copy that stood still for 30 ms decides a mean; and a thread that waits for the lock of a
 * directory, whose holder queues, says nothing of the file systems.  So the mean wait has to be
 * longer than what the work computes and queues.  Half of what it computes is enough where
 * processors are seen to be idle for a quarter of their time; and it is enough to keep a verdict,
 * since the many threads that follow from it all queue a little, and leave no processor idle.
 *
 * Copies that are read back or flushed do little but wait for their disk in turns: with them each
 * wait counts, however much they compute, and until it is known whether processors are idle they
 * are taken to be.  What the program does between such copies tells nothing of them.
 *
 * A disk with an arm is the exception: what waits there is the arm, and one thread that reads
 * the files in the order in which they lie moves it least.
 *
 * Where threads queue for a large part of their time, maybe because the server of the file
 * system runs here, too, more of them do not help.  Where no processor is idle such a server
 * makes all work wait, but hardly for longer than the thread has to queue.  Work that waits for
 * many times that waits for something else, however busy this machine is.
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
#include <stdatomic.h>
#include <time.h>

#include "arm.h"
#include "callers.h"
#include "clock.h"
#include "cores.h"
#include "fibhash.h"
#include "idle.h"
#include "limit.h"
#include "place.h"
#include "relaxed.h"
#include "sample.h"

/* Copies that are measured before there is a verdict.  Each of the first copies is. */
#define ENOUGH 2

/* The same where there may be an arm: some of the first files may lie where it is. */
#define ENOUGH_OF_ARM 8

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

/* Shares are in parts of WHOLE. */
#define WHOLE 1024

/* The newest sample has the weight 1/SMOOTH in a running mean. */
#define SMOOTH 6

/*
 * If work queues for more than one part in so many of its time, or if processors are idle for
 * less than that, processors are short.
 */
#define CROWDED 8

/* If processors are idle for this part of their time, they can serve more threads. */
#define MUCH_IDLE (CF_IDLE_WHOLE / 4)

/*
 * A shorter wait (ns) does not count: it may be a contended lock, or a page fault.  One read
 * from a fast disk takes longer.
 */
#define SHORTEST_WAIT 30000

/*
 * Where no processor is idle, work that waits for less than ELSEWHERE times what it computes and
 * queues may wait for a server that has to queue as well; a short wait, for less than
 * ELSEWHERE_IF_SHORT times that.
 */
#define ELSEWHERE 4
#define ELSEWHERE_IF_SHORT 16

/* A wait counts as at most so many times the mean and LONGEST_LEAP ns more: see above. */
#define LEAP 8
#define LONGEST_LEAP 1000000

/* Most threads where copies wait: NFS at 5 ms was fastest with 64 copies under way. */
#define MOST_THREADS 64

/*
 * Where work waits for less than SHORT_WAIT (ns), or it is not known for how long, the demand is
 * no more than MODEST.  If the server runs here, as in a box, many threads only queue; if not,
 * the trials, which take a few dozen copies, soon find out.
 */
#define SHORT_WAIT 4000000
#define MODEST 8
#define UNKNOWN_PART 4	/* where it is not known what work computes, this part of the most */

/* A copy of more bytes than this tells more about bandwidth than about latency. */
#define SMALL_SIZE (256 * 1024)

/* ------------------------------------------------------- the verdict */

static struct pair {
	_Atomic uint64_t key;
	_Atomic int64_t begun;		/* when its first copy began; 0: not yet */
	_Atomic int64_t known;		/* when there was a verdict for the first time */
	atomic_uint handed_over;	/* copies, before that */
	atomic_uint samples;
	atomic_int waiting;		/* share of samples that waited, 0 to WHOLE */
	_Atomic int64_t cpu, queue, wait;	/* running means, ns; see above */
	struct cf_arm arm;		/* of a disk that claims to have one */
	atomic_bool expected;		/* its copies are read back or flushed */
	atomic_bool waits;		/* what follows from them, and, if true, */
	atomic_uint demand;		/* how many threads it took when that was found */
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
		cf_relaxed_set(p->cpu, 0);
		cf_relaxed_set(p->queue, 0);
		cf_relaxed_set(p->wait, 0);
		cf_arm_forget(&p->arm);
		cf_relaxed_set(p->expected, false);
		cf_relaxed_set(p->waits, false);
		cf_relaxed_set(p->demand, 0);
		cf_relaxed_set(p->key, key);
	}
	return p;
}

/* Returns true if the source is on a disk that says of itself that it has an arm. */
static bool claims_arm(const struct pair *p)
{
	return cf_relaxed_get(p->key) & CF_PAIR_SEEKS;
}

static bool measured(const struct pair *p)
{
	return cf_relaxed_get(p->samples) >= ENOUGH;
}

/* Returns true if there may be an arm, but there are too few samples to tell. */
static bool may_seek(const struct pair *p)
{
	return claims_arm(p) && cf_relaxed_get(p->samples) < ENOUGH_OF_ARM;
}

/* Returns true if one thread is best: a second one would read somewhere else. */
static bool wants_one(const struct pair *p)
{
	return cf_arm_is_there(&p->arm) || may_seek(p);
}

/* Returns true if not each piece of work needs to be measured any more. */
static bool samples_suffice(const struct pair *p)
{
	return measured(p) && !may_seek(p);
}

void cf_policy_begin(struct cf_policy_sample *s, uint64_t pair, bool caller)
{
	int64_t t = cf_clock(CLOCK_MONOTONIC_COARSE);
	struct pair *p = find(pair);

	if (caller)
		cf_callers_note(t);
	s->pair = pair;
	cf_sample_begin(&s->work, t, !samples_suffice(p));
	/* What the calls take by themselves does not count: let it begin later by that. */
	if (s->work.taken && !cf_relaxed_get(p->begun))
		cf_relaxed_set(p->begun, s->work.begin.wall + s->work.call * FIRST_CALLS);
}

void cf_policy_is_big(struct cf_policy_sample *s)
{
	struct pair *p = find(s->pair);

	s->work.taken = false;
	/* The next small copy may become the first one. */
	if (!measured(p))
		cf_relaxed_set(p->begun, 0);
}

/* Returns the running mean after one more sample, of which old is the mean before. */
static int64_t mean(int64_t old, int64_t sample)
{
	return old + (sample - old) / SMOOTH;
}

/* Returns sample, a time in which a thread did nothing, or less if that is far above the mean. */
static int64_t limited(int64_t sample, int64_t mean_before)
{
	int64_t most = mean_before * LEAP + LONGEST_LEAP;

	return sample < most ? sample : most;
}

static bool is_hardly_idle(int share)
{
	return share >= 0 && share < CF_IDLE_WHOLE / CROWDED;
}

/* Returns true if the processors of this machine are known to be hardly idle now. */
static bool is_busy(void)
{
	return is_hardly_idle(cf_idle_share());
}

/*
 * Returns true if work waits for more than so many times what it computes and queues; not if the
 * clock of the processor does not tell what it computes.
 */
static bool exceeds(int64_t wait, int times, int64_t cpu, int64_t queue)
{
	return cpu && cf_spent_is_exact() && wait > times * (cpu + queue);
}

/*
 * Returns true if so long a wait (ns) is no wait for a processor of this machine, for which the
 * same work would queue as well.
 */
static bool is_elsewhere(int64_t cpu, int64_t queue, int64_t wait)
{
	return exceeds(wait, wait < SHORT_WAIT ? ELSEWHERE_IF_SHORT : ELSEWHERE, cpu, queue);
}

/*
 * Returns true if the wait (ns) of work that computes and queues for so long may be for a
 * processor of this machine.  Where none is idle only a long wait is known not to be; for a
 * moment all may be, while a server here waits for its disk.  Until it is known whether they
 * are, the share of the wait decides.
 */
static bool may_wait_here(int64_t cpu, int64_t queue, int64_t wait)
{
	int lately = cf_idle_mean();

	if (lately == CF_IDLE_NOT_YET)
		return wait < SHORT_WAIT && !exceeds(wait, ELSEWHERE, cpu, queue);
	return is_hardly_idle(lately) && !is_elsewhere(cpu, queue, wait);
}

/* Returns true if so long a wait (ns) of work that computes for so long is one to be counted. */
static bool counts(const struct pair *p, int64_t cpu, int64_t wait)
{
	return wait > SHORTEST_WAIT && (wait > cpu / 2 || cf_relaxed_get(p->expected));
}

/*
 * Returns true if more threads may help work that computes, queues and waits for so long (ns);
 * waits: there are more already.
 */
static bool is_long(const struct pair *p, int64_t cpu, int64_t queue, int64_t wait, bool waits)
{
	return counts(p, cpu, wait) &&
	       (waits || wait > cpu + queue || cf_idle_mean() >= MUCH_IDLE);
}

/* Returns true while it is taken for granted that more threads help work of p that waits. */
static bool is_granted(const struct pair *p)
{
	return cf_relaxed_get(p->expected) && cf_idle_mean() == CF_IDLE_NOT_YET && !wants_one(p);
}

static unsigned int or_cores(unsigned int threads)
{
	unsigned int cores = cf_cores();

	return cores > threads ? cores : threads;
}

/* Returns how many threads would keep all processors busy, from cores to most. */
static unsigned int demand(int64_t cpu, int64_t wait)
{
	unsigned int most = or_cores(wait < SHORT_WAIT ? MODEST : MOST_THREADS);

	if (!cpu || !cf_spent_is_exact())
		return or_cores(most / UNKNOWN_PART);
	if (wait / cpu >= most)
		return most;
	uint64_t threads = 2 * cf_cores() * (uint64_t)(cpu + wait) / cpu;
	return threads < most ? threads : most;
}

/* Record what a piece of work took. */
static void record(struct pair *p, struct cf_cost cost)
{
	int64_t cpu = cost.cpu, queue = cost.queue, wait = cost.wait;
	bool waits = cf_relaxed_get(p->waits);
	int64_t waiting = counts(p, cpu, wait) ? WHOLE : 0;

	/* Among many threads a wait is long on any disk. */
	if (claims_arm(p) && !waits)
		cf_arm_note(&p->arm, wait);
	if (cf_relaxed_add(p->samples, 1) > 0) {
		int64_t old_queue = cf_relaxed_get(p->queue), old_wait = cf_relaxed_get(p->wait);

		wait = limited(wait, old_wait);
		wait = mean(old_wait, wait);
		queue = mean(old_queue, limited(queue, old_queue));
		cpu = mean(cf_relaxed_get(p->cpu), cpu);
		waiting = mean(cf_relaxed_get(p->waiting), waiting);
	}
	assert(waiting >= 0 && waiting <= WHOLE);
	cf_relaxed_set(p->waiting, (int)waiting);
	cf_relaxed_set(p->cpu, cpu);
	cf_relaxed_set(p->queue, queue);
	cf_relaxed_set(p->wait, wait);
	bool often = waiting > WHOLE / 2;
	bool now_waits = often && is_long(p, cpu, queue, wait, waits);
	if (now_waits && !waits && (wants_one(p) || may_wait_here(cpu, queue, wait)))
		now_waits = false;
	if (now_waits && !waits)
		cf_relaxed_set(p->demand, demand(cpu, wait));
	bool granted = often && !now_waits && is_granted(p);
	if (granted)
		cf_relaxed_set(p->demand, or_cores(MODEST));
	cf_relaxed_set(p->waits, now_waits || granted);
	cf_relaxed_set(last_measured, p);
}

/* Record what a piece of work took that was measured from its beginning. */
static void end(struct pair *p, const struct cf_sample *work, unsigned int calls)
{
	bool first = !measured(p);

	record(p, cf_sample_end(work, calls));
	if (first && measured(p))
		cf_relaxed_set(p->known, cf_now());
}

void cf_policy_end(const struct cf_policy_sample *s, uint64_t bytes, unsigned int calls)
{
	if (s->work.taken && bytes <= SMALL_SIZE)
		end(find(s->pair), &s->work, calls);
}

void cf_policy_end_work(const struct cf_sample *work, uint64_t pair, unsigned int calls)
{
	struct pair *p = find(pair);
	struct cf_cost cost;

	if (cf_relaxed_get(p->expected))
		return;
	if (work->taken) {
		end(p, work, calls);
		if (!samples_suffice(p))
			cf_sample_next();
	} else if (cf_sample_end_late(work, &cost)) {
		record(p, cost);
	}
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

void cf_policy_expect_wait(uint64_t pair)
{
	cf_relaxed_set(find(pair)->expected, true);
}

bool cf_policy_waits(uint64_t pair)
{
	const struct pair *p = find(pair);

	return !wants_one(p) && (!measured(p) || cf_relaxed_get(p->waits));
}

unsigned int cf_policy_demand(void)
{
	const struct pair *p = cf_relaxed_get(last_measured);

	return p && measured(p) && cf_relaxed_get(p->waits) && !wants_one(p) ?
		       cf_relaxed_get(p->demand) : 0;
}

unsigned int cf_policy_callers_wanted(void)
{
	const struct pair *p = cf_relaxed_get(last_measured);

	return p && wants_one(p) ? 1 : cf_cores();
}

unsigned int cf_policy_waiting(void)
{
	const struct pair *p = cf_relaxed_get(last_measured);

	return p ? cf_relaxed_get(p->waiting) * 100 / WHOLE : 0;
}

/* -------------------------------------------------------- the threads */

static bool is_crowded(const struct pair *p)
{
	int64_t cpu = cf_relaxed_get(p->cpu), queue = cf_relaxed_get(p->queue);
	int64_t wait = cf_relaxed_get(p->wait);

	return queue * CROWDED > queue + cpu + wait ||
	       (is_busy() && !is_elsewhere(cpu, queue, wait));
}

/* Returns true if the first copy of pair is taken to wait, as it has not ended for so long. */
static bool is_late(const struct pair *p)
{
	int64_t begun = cf_relaxed_get(p->begun);

	/* Under a limit it is not the file system that makes the first copies late. */
	return begun && !claims_arm(p) && !cf_limit_is_on() &&
	       cf_now() - begun > LONG_FIRST && !is_busy();
}

/* Returns how many of so many cores are left by the threads of the program that copy. */
static unsigned int spare(const struct pair *p, unsigned int cores)
{
	/* None is while they may still begin to copy. */
	if (measured(p) && cf_now() - cf_relaxed_get(p->known) < SHOW_UP)
		return 0;
	unsigned int working = cf_callers_count();
	return cores > working ? cores - working : 0;
}

struct cf_pool_limits cf_policy_limits(unsigned int fixed, uint64_t pair)
{
	unsigned int cores = cf_cores();
	const struct pair *p = find(pair);
	bool waits = cf_policy_waits(pair) && (measured(p) || is_late(p));
	/* The ENOUGH copies that a verdict takes should be made at the same time. */
	unsigned int few = measured(p) || cores > ENOUGH ? cores : ENOUGH;
	unsigned int least = fixed ? fixed : wants_one(p) ? 1 : few;

	return (struct cf_pool_limits){
		.least = least, .most = fixed ? fixed : or_cores(MOST_THREADS), .waits = waits,
		.crowded = waits && is_crowded(p),
		.demand = cf_relaxed_get(p->waits) ? cf_relaxed_get(p->demand) :
			  measured(p) ? cores : or_cores(MODEST),
		.spare = waits ? least : spare(p, least),
	};
}
