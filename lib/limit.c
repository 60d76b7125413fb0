/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: two token buckets, of bytes and of system calls, of which all threads of the process
 * take.  A bucket is one number, the time until which all that was taken is paid for:
 *
 *	            paid for             taken in advance
 *	... ------------------------|now|----|----|----|until
 *	                                   ^ the place of a thread: it sleeps until then
 *
 * To take n moves "until" on by n / rate, and what it was before is when this thread may go on.
 * So threads get their turns in the order in which they came, however many there are, and a sleep
 * that takes too long costs nothing: the time that follows is nobody's.  What nobody takes is
 * kept for BURST only.
 *
 * A thread takes before it moves a piece, and sleeps first: if it paid afterwards, as many pieces
 * as there are threads would be moved at once in the beginning.  What turns out to be less, or
 * more, is corrected (cf_limit_settle).  Calls are paid for between the stages of a copy, and
 * between two pieces of its data: what this thread has made since it last paid, and AHEAD more,
 * which are subtracted the next time.  So in the long run each call counts once.
 *
 * When a rate changes nothing has been taken: "until" is now, and the threads that sleep, who see
 * it after a STEP, take anew, a smaller piece if need be.  One that takes just then at the old rate
 * gives it back.  These are single atomics without a lock, which a child of fork(2) might find
 * taken; those of a bucket are in one order for all threads.
 *
 * Where calls take longer than in the quiet state (adapt.c) each thread rests as well, in
 * proportion to what its work took.  A piece of work is a stage of a copy, or a piece of its data,
 * or work of the program's.  What lies between two copies is none: a thread may have had nothing to
 * do.
 *
 * While all stands still the threads sleep on "still", a futex, whose lowest bit says whether
 * they have to.  Each cancel changes it, so that none goes unnoticed.
 *
 * What a thread waits here is no property of a file system: policy.c subtracts it.  It is not
 * parked either, as in a pause: another thread in its place would only wait, too.
 */
#include <config.h>

#include "limit.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "adapt.h"
#include "call.h"
#include "clock.h"

/* Some 32-bit architectures have only the call with 64 bits of time.  No time is used here. */
#ifndef SYS_futex
#define SYS_futex SYS_futex_time64
#endif

/* What was not used is kept for so long, and a piece of data takes so long; nanoseconds. */
#define BURST (CF_SECOND / 10)

/* A piece is no smaller than this: then a call costs more than its data. */
#define LEAST_PIECE 4096

/* Calls that a thread pays for in advance: about as many as a stage of a copy makes */
#define AHEAD 4

/* The longest step of a sleep, ns: a cancel and a new rate are seen after that. */
#define STEP (CF_SECOND / 20)

/* The longest time that one piece may cost, ns: a year, far from an overflow */
#define MOST_COST (365 * 86400 * CF_SECOND)

/* Where the kinds of work begin that adapt.c tells apart: stages, the program's, pieces of data */
#define KIND_WORK 16
#define KIND_DATA 32

struct bucket {
	_Atomic uint64_t rate;		/* a second; 0: any number */
	_Atomic int64_t until;		/* paid for; CLOCK_MONOTONIC, ns */
};

static struct bucket bytes, calls;
static struct cf_adapt adapt;
static _Atomic uint32_t still;		/* lowest bit: all stands still; the others change */
static atomic_uint turns;		/* how often the limit of calls was changed */
atomic_bool cf_limit_on;

/* What this thread has done */
static _Thread_local struct {
	unsigned int turn;		/* the value of turns that the next two are of */
	unsigned int seen;		/* of cf_calls: those that are accounted for */
	int64_t left;			/* calls that are paid for and not made; < 0: owed */
	int64_t waited;			/* ns */
	int64_t begun;			/* when it last went on from here, ns; 0: no copy's */
	int64_t work;			/* when the program's work began, ns; 0: it is not timed */
	int64_t rest;			/* for how long it still has to rest, ns */
	struct cf_adapt_thread adapt;
} self;

int64_t cf_limit_waited(void)
{
	return self.waited;
}

/* ------------------------------------------------------------ the bucket */

static int64_t cost(uint64_t n, uint64_t rate)
{
	double ns = (double)n * CF_SECOND / rate;

	return ns < MOST_COST ? (int64_t)ns : MOST_COST;
}

/* Take n at that rate.  Returns when the thread may go on. */
static int64_t take(struct bucket *b, uint64_t n, uint64_t rate)
{
	int64_t least = cf_now() - BURST, until = atomic_load(&b->until), begin;

	do
		begin = until > least ? until : least;
	while (!atomic_compare_exchange_weak(&b->until, &until, begin + cost(n, rate)));
	return begin;
}

static void give_back(struct bucket *b, uint64_t n, uint64_t rate)
{
	atomic_fetch_sub(&b->until, cost(n, rate));
}

static bool is_cancelled(const struct cf_watch *watch)
{
	return watch && cf_relaxed_get(watch->cancel);
}

/*
 * Take n, and sleep until it is this thread's turn.  Returns 0; 1 if the rate has changed, and
 * nothing is taken; or -ECANCELED.
 */
static int take_turn(struct bucket *b, uint64_t n, const struct cf_watch *watch)
{
	uint64_t rate = atomic_load(&b->rate);

	if (!rate)
		return 0;
	int64_t at = take(b, n, rate), begun = cf_now(), now = begun;
	bool changed = atomic_load(&b->rate) != rate;
	if (changed)
		give_back(b, n, rate);
	while (at > now && !changed && !is_cancelled(watch)) {
		int64_t left = at - now;

		nanosleep(&(struct timespec){ .tv_nsec = left < STEP ? left : STEP }, NULL);
		now = cf_now();
		changed = atomic_load(&b->rate) != rate;
	}
	self.waited += now - begun;
	return is_cancelled(watch) ? -ECANCELED : changed;
}

/* ------------------------------------------------------------ the threads */

/* Sleep while all stands still.  Returns 0 or -ECANCELED. */
static int stand_still(const struct cf_watch *watch)
{
	uint32_t now = atomic_load(&still);
	int64_t begun = now & 1 ? cf_now() : 0;

	/* It returns at once if still is not what it was, and may do so for no reason. */
	for (; now & 1 && !is_cancelled(watch); now = atomic_load(&still))
		syscall(SYS_futex, &still, FUTEX_WAIT_PRIVATE, now, NULL, NULL, 0);
	if (begun)
		self.waited += cf_now() - begun;
	return is_cancelled(watch) ? -ECANCELED : 0;
}

/* What was made before the limit changed does not count. */
static void account_calls(void)
{
	unsigned int turn = cf_relaxed_get(turns);

	if (self.turn == turn)
		self.left -= cf_calls - self.seen;
	else
		self.left = 0;
	self.turn = turn;
	self.seen = cf_calls;
}

/* This thread has done work of that kind: n calls in ns. */
static void worked(unsigned int kind, unsigned int n, int64_t ns, int64_t now)
{
	self.rest += cf_adapt_worked(&adapt, &self.adapt, kind, n, ns, now);
}

/* A stage of the copy has ended, or a part of it that moves no data. */
static void end_stage(const struct cf_watch *watch)
{
	uint32_t stage = cf_relaxed_get(watch->stage);
	unsigned int made = cf_calls - self.seen;
	int64_t now = cf_now();

	/* Before the first stage nothing has been done; in a pause nothing was. */
	if (self.begun && stage && made && !cf_relaxed_get(watch->was_paused))
		worked(stage / 10 % KIND_WORK, made, now - self.begun, now);
	self.begun = 0;
}

static bool is_adaptive(void)
{
	return cf_relaxed_get(adapt.on);
}

/* Rest for what this thread has worked.  Returns 0 or -ECANCELED. */
static int take_rest(const struct cf_watch *watch)
{
	int64_t begun = cf_now(), now = begun, end = begun + self.rest;

	self.rest = 0;
	while (now < end && is_adaptive() && !is_cancelled(watch)) {
		int64_t left = end - now;

		nanosleep(&(struct timespec){ .tv_nsec = left < STEP ? left : STEP }, NULL);
		now = cf_now();
	}
	self.waited += now - begun;
	return is_cancelled(watch) ? -ECANCELED : 0;
}

static int wait_for_calls(const struct cf_watch *watch)
{
	bool limited = cf_relaxed_get(calls.rate);
	int r = 0;

	if (is_cancelled(watch))
		return -ECANCELED;
	if (watch && is_adaptive())
		end_stage(watch);
	account_calls();
	if (self.rest)
		r = take_rest(watch);
	if (r < 0)
		return r;
	if (limited && self.left <= 0) {
		uint64_t n = AHEAD - self.left;

		self.left = AHEAD;
		while ((r = take_turn(&calls, n, watch)) > 0)
			;
	}
	return r < 0 ? r : stand_still(watch);
}

/* A piece of work of a copy begins. */
static void begin_piece(const struct cf_watch *watch)
{
	self.begun = watch && is_adaptive() ? cf_now() : 0;
}

int cf_limit_wait_calls(const struct cf_watch *watch)
{
	int r = wait_for_calls(watch);

	begin_piece(watch);
	return r;
}

void cf_limit_begin_work(void)
{
	(void)cf_limit_calls(NULL);
	self.work = is_adaptive() ? cf_now() : 0;
}

void cf_limit_end_work(unsigned int n)
{
	int64_t now = self.work && n ? cf_now() : 0;

	cf_limit_made(n);
	if (now && is_adaptive())
		worked(KIND_WORK + n % (KIND_DATA - KIND_WORK), n, now - self.work, now);
	self.work = 0;
}

void cf_limit_copied(const struct cf_watch *watch)
{
	if (is_adaptive()) {
		end_stage(watch);
		account_calls();
	}
}

void cf_limit_made(unsigned int n)
{
	if (cf_limit_is_on()) {
		account_calls();
		self.left -= n;
	}
}

/* Returns how many of len bytes may be moved at once. */
static size_t piece_of(size_t len)
{
	uint64_t rate = cf_relaxed_get(bytes.rate), piece = rate / (CF_SECOND / BURST);

	piece = piece < LEAST_PIECE ? LEAST_PIECE : piece;
	return rate && piece < len ? piece : len;
}

int cf_limit_wait_bytes(const struct cf_watch *watch, size_t *len, uint64_t likely,
			uint64_t *ret_taken)
{
	bool limited = cf_relaxed_get(bytes.rate);
	int r = wait_for_calls(watch);

	if (r == 0 && limited) {
		do {
			*len = piece_of(*len);
			*ret_taken = *len < likely ? *len : likely;
			r = take_turn(&bytes, *ret_taken, watch);
		} while (r > 0);
		r = r < 0 ? r : stand_still(watch);
	}
	begin_piece(watch);
	return r;
}

void cf_limit_take(uint64_t n)
{
	while (n && take_turn(&bytes, n, NULL) > 0)
		;
	(void)cf_limit_wait_calls(NULL);
}

/* A piece of data has been moved: it is of a kind with those of up to 1.5 times its size. */
static void end_data(uint64_t n)
{
	int64_t now = cf_now();
	unsigned int log = 63 - __builtin_clzll(n);
	bool upper = log && n >> (log - 1) & 1;

	worked(KIND_DATA + 2 * log + upper, 1, now - self.begun, now);
	/* What follows has begun now, and these calls are not its. */
	account_calls();
	self.begun = now;
}

void cf_limit_settle(uint64_t taken, int64_t moved)
{
	uint64_t rate = cf_relaxed_get(bytes.rate), n = moved < 0 ? 0 : moved;

	if (self.begun && n)
		end_data(n);
	if (rate && n > taken)
		(void)take(&bytes, n - taken, rate);
	else if (rate && n < taken)
		give_back(&bytes, taken - n, rate);
}

/* ------------------------------------------------------------ the limits */

static void set_rate(struct bucket *b, uint64_t rate)
{
	if (rate == atomic_load(&b->rate))
		return;
	/* In this order: who takes at the old rate after this sees the new one after that. */
	atomic_store(&b->rate, rate);
	atomic_store(&b->until, cf_now());
	if (b == &calls)
		cf_relaxed_add(turns, 1);
}

static void wake_all(void)
{
	syscall(SYS_futex, &still, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void cf_limit_set(const struct cf_limits *limits)
{
	bool paused = limits->paused;

	set_rate(&bytes, limits->bytes);
	set_rate(&calls, limits->calls);
	cf_adapt_set(&adapt, limits->adaptive);
	cf_relaxed_set(cf_limit_on, limits->bytes || limits->calls || paused || limits->adaptive);
	if ((atomic_load(&still) & 1) == paused)
		return;
	atomic_fetch_add(&still, 1);
	wake_all();
}

void cf_limit_wake(void)
{
	if (atomic_load(&still) & 1) {
		atomic_fetch_add(&still, 2);
		wake_all();
	}
}
