/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The pool's size, against servers that exist in numbers only: so many slots,
 * so much time a task, and maybe a cost for each that is under way.
 */
#include <config.h>

#include <string.h>

#include "scale.h"
#include "tap.h"

enum { MOST = 64 };

static const int64_t ms = 1000000;

struct server {
	int slots;			/* tasks served at a time; the others queue */
	int64_t task;			/* ns for one */
	int64_t crowd;			/* ns more for each that is under way: a disk's head */
	int own;			/* tasks that a thread ends before it rests */
};

struct run {
	struct cf_scale scale;
	int64_t now;
	int64_t begun[MOST];		/* each thread's task */
	int64_t ends[MOST];		/* when it will end; 0: the thread rests */
	int left[MOST];			/* tasks of its own */
	int64_t free[MOST];		/* when each slot is */
	int64_t full;			/* when the target was 64 for the first time */
	unsigned int seen_most, seen_least;	/* target; least after full */
};

static int in_flight(const struct run *r)
{
	int n = 0, i;

	for (i = 0; i < MOST; i++)
		n += r->ends[i] != 0;
	return n;
}

static void start(struct run *r, const struct server *srv, int thread)
{
	int slot = 0, i;

	for (i = 1; i < srv->slots; i++)
		if (r->free[i] < r->free[slot])
			slot = i;
	if (r->free[slot] < r->now)
		r->free[slot] = r->now;
	r->free[slot] += srv->task + srv->crowd * in_flight(r);
	r->begun[thread] = r->now;
	r->ends[thread] = r->free[slot];
}

/* Let the threads that there may be work for a time; tasks never run out. */
static void work(struct run *r, const struct server *srv, bool waits, bool crowded, int64_t time)
{
	int64_t until = r->now + time;
	int i, first;

	while (r->now < until) {
		cf_scale_expect(&r->scale, 2, MOST, waits, crowded, r->now);
		for (i = 0; i < MOST; i++)
			if (!r->ends[i] && (r->left[i] || in_flight(r) < (int)r->scale.target)) {
				r->left[i] = r->left[i] ? r->left[i] - 1 : srv->own;
				start(r, srv, i);
			}
		first = -1;
		for (i = 0; i < MOST; i++)
			if (r->ends[i] && (first < 0 || r->ends[i] < r->ends[first]))
				first = i;
		r->now = r->ends[first];
		r->ends[first] = 0;
		cf_scale_ended(&r->scale, r->now - r->begun[first], 1, false, r->now);
		if (r->full && r->scale.target < r->seen_least)
			r->seen_least = r->scale.target;
		if (r->scale.target > r->seen_most)
			r->seen_most = r->scale.target;
		if (r->scale.target == MOST && !r->full)
			r->full = r->now;
	}
}

static struct run fresh(void)
{
	struct run r;

	memset(&r, 0, sizeof r);
	r.now = 1;
	r.scale.first = 32;
	r.seen_least = MOST;
	return r;
}

static void test_wide_server(void)
{
	const struct server wide = { MOST, 15 * ms, 0 };
	struct run r = fresh();

	work(&r, &wide, true, false, 400 * ms);
	ok(r.full && r.full < 100 * ms, "a wide server has 64 threads after %lld ms",
	   (long long)(r.full / ms));
	work(&r, &wide, true, false, 20000 * ms);
	is_int(r.scale.target, MOST, "and keeps them");
}

/* While threads that are too many go on with what they have begun, fewer are not as fast. */
static void test_threads_that_go_on(void)
{
	const struct server wide = { MOST, 15 * ms, 0, 100 };
	struct run r = fresh();

	work(&r, &wide, true, false, 20000 * ms);
	ok(r.full && r.seen_least >= MOST / 2, "never less than half of the threads (%u)",
	   r.seen_least);
	is_int(r.scale.target, MOST, "and in the end all");
}

/* Fewer threads, which are half as fast, are not tried in a run that is short. */
static void test_no_haste(void)
{
	const struct server wide = { MOST, 15 * ms, 0 };
	struct run r = fresh();
	unsigned int before;

	work(&r, &wide, true, false, 1900 * ms);
	ok(r.full && r.seen_least == MOST, "for two seconds fewer are not tried (%u)",
	   r.seen_least);
	before = r.scale.ndecisions;
	work(&r, &wide, true, true, 3000 * ms);
	ok(r.scale.ndecisions > before && r.seen_least == MOST / 2, "then they are (%u)",
	   r.seen_least);
}

/* A moment in which nothing ends, of whatever cause, decides nothing for long. */
static void test_stall(void)
{
	const struct server wide = { MOST, 2 * ms, 0 };
	struct run r = fresh();

	r.scale.first = 8;
	while ((r.scale.trial != CF_SCALE_UP || r.scale.settling) && !r.full)
		work(&r, &wide, true, false, 1);
	for (int i = 0; i < MOST; i++) {
		r.free[i] = r.now + 20 * ms;
		r.ends[i] += r.ends[i] ? 20 * ms : 0;
	}
	work(&r, &wide, true, false, 400 * ms);
	ok(r.full && r.full < 200 * ms,
	   "a wide server that stalls for 20 ms at the first trial has 64 threads after %lld ms",
	   (long long)(r.full / ms));
}

/* Returns how many threads there are on average, in so many seconds. */
static double average(struct run *r, const struct server *srv, int seconds)
{
	const int looks = seconds * 50;
	double sum = 0;

	for (int i = 0; i < looks; i++) {
		work(r, srv, true, false, 20 * ms);
		sum += r->scale.target;
	}
	return sum / looks;
}

static void test_narrow_server(void)
{
	static const int slots[] = { 4, 8, 24 };

	for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
		const struct server narrow = { slots[i], 5 * ms, 0 };
		struct run r = fresh();

		work(&r, &narrow, true, false, 3000 * ms);
		double n = average(&r, &narrow, 30);
		ok(n >= slots[i] * 0.9 && n <= slots[i] * 2,
		   "%d slots are served by %.1f threads", slots[i], n);
	}
}

/* More under way make everything slower: as a disk that has to seek. */
static void test_disk(void)
{
	const struct server disk = { 1, 8 * ms, ms / 2 };
	struct run r = fresh();

	work(&r, &disk, true, false, 5000 * ms);
	ok(r.scale.target <= 4, "a disk with one head is left to %u threads", r.scale.target);
	ok(r.seen_most <= MOST, "and never saw more than there may be");
}

static void test_burning(void)
{
	const struct server wide = { MOST, 15 * ms, 0 };
	struct run r = fresh();

	work(&r, &wide, false, false, 100 * ms);
	is_int(r.scale.target, 2, "where tasks burn the processor there is one thread a core");
	work(&r, &wide, true, false, 400 * ms);
	is_int(r.scale.target, MOST, "it grows when they begin to wait");
	work(&r, &wide, false, false, 400 * ms);
	is_int(r.scale.target, 2, "and shrinks when they do not any more");
}

static void test_crowded(void)
{
	const struct server wide = { MOST, 15 * ms, 0 };
	struct run r = fresh();

	work(&r, &wide, true, true, 400 * ms);
	ok(r.seen_most < MOST, "busy processors call for no more threads (%u)", r.seen_most);
}

static void test_starved(void)
{
	struct cf_scale s;
	unsigned int before;
	int i;

	memset(&s, 0, sizeof s);
	cf_scale_expect(&s, 2, MOST, true, false, 1);
	before = s.target;
	for (i = 1; i < 2000; i++)
		cf_scale_ended(&s, 0, 1, true, 1 + i * ms);
	is_int(s.target, before, "threads without work are not made more");
}

static void test_bounds(void)
{
	const struct server wide = { MOST, 15 * ms, 0 };
	struct run r = fresh();
	unsigned int i;

	work(&r, &wide, true, false, 400 * ms);
	cf_scale_expect(&r.scale, 2, 5, true, false, r.now);
	is_int(r.scale.target, 5, "a lower bound takes effect at once");
	cf_scale_expect(&r.scale, 7, 7, true, false, r.now);
	is_int(r.scale.target, 7, "a fixed number is kept");
	ok(r.scale.ndecisions >= 2, "decisions are remembered");
	for (i = 1; i < r.scale.ndecisions && i < CF_SCALE_HISTORY; i++)
		if (r.scale.history[i].ms < r.scale.history[i - 1].ms)
			break;
	ok(i == r.scale.ndecisions, "in the order of time");
}

int main(void)
{
	test_wide_server();
	test_no_haste();
	test_threads_that_go_on();
	test_stall();
	test_narrow_server();
	test_disk();
	test_burning();
	test_crowded();
	test_starved();
	test_bounds();
	return done_testing();
}
