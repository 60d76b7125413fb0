/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limits hold over all threads, whatever they take; those who wait see a cancel and a new
 * limit.  That more is not taken than a limit allows holds on any machine; that it is used up
 * holds only roughly where something else keeps the processors busy.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>

#include "call.h"
#include "clock.h"
#include "limit.h"
#include "tap.h"

/* A limit that makes any wait here endless: one a second */
#define NEVER 1

enum { THREADS = 8, MILLION = 1000000 };

static atomic_bool over;
static _Atomic uint64_t moved, made;

static void limit(uint64_t bytes, uint64_t calls, bool paused)
{
	cf_limit_set(&(struct cf_limits){ .bytes = bytes, .calls = calls, .paused = paused });
}

static void nap(int64_t ns)
{
	nanosleep(&(struct timespec){ .tv_sec = ns / CF_SECOND, .tv_nsec = ns % CF_SECOND }, NULL);
}

/* Move pieces, of which some turn out to be shorter, and some longer than was likely. */
static void *move(void *arg)
{
	unsigned int turn = *(unsigned int *)arg;

	while (!over) {
		size_t len = 3 * MILLION;
		uint64_t taken, likely = turn % 3 == 0 ? len : 1000;

		cf_limit_begin(NULL, &len, likely, &taken);
		uint64_t n = turn % 3 == 1 ? len : turn % 3 == 2 ? 500 : len / 2;
		moved += n;
		cf_limit_end(taken, n);
		turn++;
	}
	return NULL;
}

/* Make calls, a few at a time. */
static void *call(void *arg)
{
	unsigned int turn = *(unsigned int *)arg;

	while (!over) {
		cf_limit_calls(NULL);
		unsigned int n = turn++ % 5;
		cf_calls += n;
		if (turn % 4 == 0)
			cf_limit_made(2);
		made += n + (turn % 4 == 0 ? 2 : 0);
	}
	return NULL;
}

/* Returns the seconds for which all threads ran start, which takes what is limited. */
static double run(void *(*start)(void *arg))
{
	static unsigned int numbers[THREADS];
	pthread_t threads[THREADS];
	int64_t begun = cf_now();

	over = false;
	moved = made = 0;
	for (unsigned int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		pthread_create(&threads[i], NULL, start, &numbers[i]);
	}
	nap(CF_SECOND);
	int64_t ended = cf_now();
	over = true;
	/* What they have taken by now counts; what they still wait for must not take long. */
	limit(0, 0, false);
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return (double)(ended - begun) / CF_SECOND;
}

static void test_rates(void)
{
	uint64_t most;
	double s;

	limit(MILLION, 0, false);
	ok(cf_limit_is_on(), "there is a limit");
	s = run(move);
	/* A tenth of a second that was kept, and for each thread the piece at its end */
	most = (uint64_t)(MILLION * (s + 0.1)) + THREADS * MILLION / 10;
	ok(moved <= most, "a million bytes a second, in %.2f s: not more", s);
	ok(moved >= MILLION * s * 0.6, "and not much less");
	diag("%.3f million bytes", (double)moved / MILLION);

	limit(0, 2000, false);
	s = run(call);
	/* The last few of each thread are not paid for. */
	ok(made <= 2000 * (s + 0.1) + THREADS * 12, "2000 calls a second, in %.2f s: not more", s);
	ok(made >= 2000 * s * 0.6, "and not much less");
	diag("%u calls", (unsigned int)made);
	ok(!cf_limit_is_on(), "there is no limit any more");
}

static void test_pieces(void)
{
	size_t len = 1000;
	uint64_t taken = 7;

	is_int(cf_limit_begin(NULL, &len, 1000, &taken), 0, "without a limit a piece may go");
	is_int(len, 1000, "as it is");
	is_int(taken, 0, "and takes nothing");
	limit(100 * MILLION, 0, false);
	len = 300 * MILLION;
	cf_limit_begin(NULL, &len, 5, &taken);
	is_int(len, 10 * MILLION, "a piece takes a tenth of a second");
	is_int(taken, 5, "what is likely to be there is taken");
	limit(NEVER, 0, false);
	limit(0, 0, false);
	limit(NEVER, 0, false);
	len = MILLION;
	cf_limit_begin(NULL, &len, 0, &taken);
	is_int(len, 4096, "but no piece is tiny");
	limit(0, 0, false);
}

/* A thread that waits for a limit, as what it waits for says */
struct waiter {
	pthread_t thread;
	struct cf_watch watch;
	bool for_calls;
	int result;
	int64_t waited;
	atomic_bool done;
};

static void *wait_for_it(void *arg)
{
	struct waiter *w = arg;
	int64_t before = cf_limit_waited();

	for (int i = 0; i < 2 && w->result == 0; i++) {
		size_t len = 100000;
		uint64_t taken;

		cf_calls += 100;
		w->result = w->for_calls ? cf_limit_calls(&w->watch)
					 : cf_limit_begin(&w->watch, &len, len, &taken);
	}
	w->waited = cf_limit_waited() - before;
	w->done = true;
	return NULL;
}

static void begin(struct waiter *w, bool for_calls)
{
	*w = (struct waiter){ .for_calls = for_calls };
	pthread_create(&w->thread, NULL, wait_for_it, w);
	nap(CF_SECOND / 10);
}

static void end(struct waiter *w, int result, const char *what)
{
	pthread_join(w->thread, NULL);
	is_int(w->result, result, "%s", what);
	ok(w->waited > 0, "it has waited, and knows");
}

static void test_waiters(void)
{
	struct waiter w;

	for (int calls = 0; calls < 2; calls++) {
		const char *of = calls ? "calls" : "bytes";

		limit(calls ? 0 : NEVER, calls ? NEVER : 0, false);
		begin(&w, calls);
		ok(!w.done, "%s: a thread waits", of);
		cf_relaxed_set(w.watch.cancel, true);
		end(&w, -ECANCELED, "until it is cancelled");

		begin(&w, calls);
		limit(calls ? 0 : MILLION * 1000, calls ? MILLION * 1000 : 0, false);
		end(&w, 0, "or until the limit is higher");
		limit(0, 0, false);
		limit(calls ? 0 : NEVER, calls ? NEVER : 0, false);
		begin(&w, calls);
		limit(0, 0, false);
		end(&w, 0, "or until there is none");
	}
	limit(0, 0, true);
	begin(&w, true);
	ok(!w.done, "while all stands still a thread waits");
	cf_relaxed_set(w.watch.cancel, true);
	cf_limit_wake();
	end(&w, -ECANCELED, "until it is cancelled");
	begin(&w, false);
	ok(!w.done, "or, before it moves data,");
	limit(0, 0, false);
	end(&w, 0, "until all goes on");
}

int main(void)
{
	test_rates();
	test_pieces();
	test_waiters();
	return done_testing();
}
