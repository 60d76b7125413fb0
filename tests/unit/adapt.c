/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads that follow adapt, and another client, at a server that serves a few calls at a time;
 * all in a time of its own: what the other client has to wait.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <limits.h>

#include "adapt.h"
#include "tap.h"

#define MS INT64_C(1000000)
#define S (1000 * MS)

/* What each call takes the server, and how many it serves at a time */
#define SERVICE (10 * MS)
enum { SLOTS = 4, MOST = 64 };

/* The other client makes a call each so many ns. */
#define OTHER_EVERY (25 * MS)

static struct cf_adapt adapt;
static uint32_t seed = 1;

/* From 0 to n - 1 */
static int64_t chance(int64_t n)
{
	seed = seed * 1103515245u + 12345u;
	return n ? (int64_t)(seed >> 8) * n / (1 << 24) : 0;
}

/* Those who call the server: threads, the other client, and neighbours who come in a crowd */
struct caller {
	int64_t at;			/* when it calls next, or when its call ends */
	int64_t since;			/* when it has called; 0: it rests */
	struct cf_adapt_thread thread;
};

static struct {
	struct caller callers[2 * MOST + 1];
	int n;				/* threads, of which the other client is the last */
	int neighbours;			/* behind it */
	int64_t slots[SLOTS];		/* when each is free */
	int64_t now;
	bool follows;			/* threads do as adapt says */
	/* In the time that is looked at */
	uint64_t done, others;		/* calls of threads, of the other client */
	int64_t waited;			/* what those took in all */
} w;

static void begin(int threads, bool follows)
{
	cf_adapt_set(&adapt, false);
	cf_adapt_set(&adapt, follows);
	for (int i = 0; i < SLOTS; i++)
		w.slots[i] = 0;
	w.now = S;
	w.n = threads + 1;
	w.neighbours = 0;
	w.follows = follows;
	for (int i = 0; i < w.n; i++)
		w.callers[i] = (struct caller){ .at = w.now + chance(SERVICE) };
}

static void neighbours(int n)
{
	w.neighbours = n;
	for (int i = w.n; i < w.n + n; i++)
		w.callers[i] = (struct caller){ .at = w.now + chance(SERVICE) };
}

/* c calls: it gets the slot that is free first. */
static void call(struct caller *c)
{
	int first = 0;

	for (int i = 1; i < SLOTS; i++)
		if (w.slots[i] < w.slots[first])
			first = i;
	int64_t begins = w.slots[first] > w.now ? w.slots[first] : w.now;
	c->since = w.now;
	c->at = w.slots[first] = begins + SERVICE * 9 / 10 + chance(SERVICE / 5);
}

static void end_call(struct caller *c, int i)
{
	int64_t took = w.now - c->since;

	c->since = 0;
	c->at = w.now;
	if (i == w.n - 1) {
		w.others++;
		w.waited += took;
		c->at += OTHER_EVERY;
	} else if (i < w.n - 1) {
		w.done++;
		if (w.follows)
			c->at += cf_adapt_worked(&adapt, &c->thread, i % 3, 1, took, w.now);
		/* What lies between two calls */
		c->at += chance(MS);
	}
}

/* Let time pass.  Returns how often as long as in the quiet state the other client waits. */
static double run(int64_t ns)
{
	int64_t end = w.now + ns;

	w.done = w.others = 0;
	w.waited = 0;
	for (;;) {
		int next = 0;

		for (int i = 1; i < w.n + w.neighbours; i++)
			if (w.callers[i].at < w.callers[next].at)
				next = i;
		if (w.callers[next].at > end)
			break;
		w.now = w.callers[next].at;
		if (w.callers[next].since)
			end_call(&w.callers[next], next);
		else
			call(&w.callers[next]);
	}
	w.now = end;
	return w.others ? (double)w.waited / w.others / SERVICE : 0;
}

/* Returns the part of the server's time that the threads used. */
static double used(int64_t ns)
{
	return (double)w.done * SERVICE / ns / SLOTS;
}

static void test_others(int threads)
{
	begin(threads, false);
	run(S);
	double slow = run(10 * S);
	ok(slow > 2, "%d threads: without, another client waits %.1f times as long", threads, slow);
	begin(threads, true);
	double first = run(5 * S);
	ok(first < 2, "with, in the beginning %.2f times", first);
	double later = run(100 * S);
	ok(later < 1.7, "and later %.2f times", later);
	ok(used(100 * S) > 0.4, "although they use %.0f %% of the server", used(100 * S) * 100);
}

static void test_alone(void)
{
	begin(3, true);
	run(5 * S);
	run(60 * S);
	diag("three threads use %.0f %%", used(60 * S) * 100);
	ok(used(60 * S) > 0.6, "where the server has room threads work most of their time");
}

/* Others come, who load the server by themselves, and go. */
static void test_crowd(void)
{
	begin(16, true);
	run(30 * S);
	uint64_t alone = (run(30 * S), w.done);
	neighbours(12);
	run(10 * S);
	run(30 * S);
	ok(w.done < alone / 4, "they give way to a crowd: %u calls in place of %u",
	   (unsigned int)w.done, (unsigned int)alone);
	ok(w.done > 0, "but do not stand still");
	neighbours(0);
	run(10 * S);
	run(30 * S);
	ok(w.done > alone * 3 / 4, "and come back: %u calls", (unsigned int)w.done);
}

/* Calls that take less than anybody notices need not be held back, however much they vary. */
static void test_fast(void)
{
	struct cf_adapt_thread t = { 0 };
	int64_t now = S, rest = 0;

	cf_adapt_set(&adapt, false);
	cf_adapt_set(&adapt, true);
	for (int i = 0; i < 200000; i++) {
		int64_t ns = 1000 + chance(200000);

		rest = cf_adapt_worked(&adapt, &t, i % 5, 1, ns, now);
		now += ns + rest;
	}
	is_int(rest, 0, "what takes up to 0.2 ms is not held back");
}

int main(void)
{
	test_others(16);
	test_others(64);
	test_alone();
	test_crowd();
	test_fast();
	return done_testing();
}
