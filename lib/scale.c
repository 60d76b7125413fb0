/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: where tasks burn the processor the right number of threads is known: least.
 * Where tasks wait (for a server, a disk) it is found by trials.  The work done
 * per second is measured with the present number of threads, then with another one, which is
 * kept if the work goes on as fast with fewer, or faster with more: some servers have four slots.
 * Otherwise the old number is set again.  Each trial that changes nothing makes the rest until
 * the next one longer.
 *
 * In the beginning, which is all that there is of a short run, it would cost most to have too
 * few.  So only more threads are tried then; they are kept unless they are a loss, which has to
 * be measured twice; and the rest after such a loss is short.  Measurements are rough: copies end
 * in heaps, as where the first file of a block of inodes waits for all others of it.
 *
 * A measurement begins when as many tasks have ended as were under way when the number of
 * threads changed, so that it sees only tasks that began later.  It takes as many tasks as
 * there are threads.  If a thread finds nothing to do the measurement proves nothing: then
 * there are too few tasks.
 *
 * Fewer threads are tried last, and without haste, against the mean of the whole rest before.
 * Where there still are more, since a thread of the program's own first ends what it has begun,
 * which may be many tasks, the rate says nothing.  But what one thread does in its time does: so
 * many threads as are tried do no more than so many times that.
 *
 *	STEADY -- rested, never starved --> UP or DOWN
 *	UP     -- worth it --> UP, further;  else STEADY, as before
 *	DOWN   -- worth it --> DOWN, further;  else STEADY, as before
 *
 * From the first verdict to 64 threads it takes one measurement: with copies of
 * 15 ms each that is after 50 ms.
 */
#include <config.h>

#include "scale.h"

#include <assert.h>

/*
 * Fewer threads must keep this part of the rate, and more must raise it by this factor; in the
 * beginning more must only keep it.
 */
#define NO_LOSS 0.92
#define GAIN 1.05

/*
 * A measurement has at least LEAST_TASKS tasks, and takes at least LEAST_TIME (ns).  After
 * ENOUGH_TIME it does not wait until as many tasks have ended as there are threads.
 */
#define LEAST_TASKS 8
#define LEAST_TIME 4000000
#define ENOUGH_TIME 100000000

/* Fewer threads are measured for this time (ns), and those before them for at most that. */
#define FEWER_TIME 50000000
#define WHOLE_REST 1000000000

/* A shorter run (ns) does not try fewer: where they are slower a trial takes some 50 ms. */
#define FEWER_FROM 2000000000

/* The rest from a trial that changed nothing to the next trial (ns) */
#define FIRST_REST 500000000
#define LONGEST_REST 8000000000

/* The beginning (ns), and the rest in it */
#define BEGINNING 500000000
#define EARLY_REST 50000000

/* Tasks count as waiting until this time (ns) after the last one that was said to wait. */
#define MEMORY 100000000

static unsigned int within(const struct cf_scale *s, unsigned int n)
{
	return n < s->least ? s->least : n > s->most ? s->most : n;
}

static void measure_anew(struct cf_scale *s, int64_t now, bool settling)
{
	s->settling = settling;
	s->starved = false;
	s->count = 0;
	s->work = 0;
	s->busy = 0;
	s->since = now;
}

static void decide(struct cf_scale *s, unsigned int target, double rate,
		   enum copyfile_why why, int64_t now)
{
	assert(target >= s->least && target <= s->most);
	s->under_way = s->target;
	s->target = target;
	s->history[s->ndecisions++ % CF_SCALE_HISTORY] = (struct copyfile_decision){
		.ms = (now - s->started) / 1000000, .threads = target, .rate = rate, .why = why,
	};
	measure_anew(s, now, true);
}

/* Until the first measurement has ended, the number of threads is what is said to be wanted. */
static unsigned int first_guess(const struct cf_scale *s)
{
	return within(s, s->first);
}

void cf_scale_expect(struct cf_scale *s, unsigned int least, unsigned int most, bool waits,
		     bool crowded, int64_t now)
{
	bool first = !s->started;

	s->crowded = crowded;
	if (first)
		s->started = now;
	s->least = least;
	s->most = most > least ? most : least;
	if (waits)
		s->waits_until = now + MEMORY;
	if (waits && !s->waits) {
		s->waits = true;
		s->trial = CF_SCALE_STEADY;
		s->down_next = false;
		s->retry = now;
		s->backoff = FIRST_REST;
		s->begins_until = now + BEGINNING;
		s->fewer_from = now + FEWER_FROM;
		s->guessing = true;
		decide(s, first_guess(s), 0, COPYFILE_LATENCY_BOUND, now);
	} else if (waits && s->guessing && first_guess(s) > s->target) {
		decide(s, first_guess(s), 0, COPYFILE_LATENCY_BOUND, now);
	} else if (!waits && s->waits && now > s->waits_until) {
		s->waits = false;
		decide(s, least, 0, COPYFILE_CPU_BOUND, now);
	} else if (first) {
		decide(s, least, 0, COPYFILE_CPU_BOUND, now);
	}
	s->target = s->waits ? within(s, s->target) : least;
	assert(s->target >= s->least && s->target <= s->most);
}

static bool begins(const struct cf_scale *s, int64_t now)
{
	return now < s->begins_until;
}

/* Begin to rest. */
static void rest(struct cf_scale *s, int64_t now)
{
	s->trial = CF_SCALE_STEADY;
	if (begins(s, now)) {
		s->retry = now + EARLY_REST;
		return;
	}
	s->retry = now + s->backoff;
	s->backoff = s->backoff * 2 > LONGEST_REST ? LONGEST_REST : s->backoff * 2;
}

/* The numbers of threads that may be tried now: the present one, if none may be */

static unsigned int more(const struct cf_scale *s)
{
	return s->crowded ? s->target : within(s, s->target * 2);
}

static unsigned int fewer(const struct cf_scale *s, int64_t now)
{
	return now < s->fewer_from ? s->target : within(s, s->target / 2);
}

static bool may_try(const struct cf_scale *s, int64_t now)
{
	return more(s) != s->target || fewer(s, now) != s->target;
}

static void try_next(struct cf_scale *s, double rate, int64_t now)
{
	unsigned int up = more(s), down = fewer(s, now);
	bool go_down = down != s->target && (s->down_next || up == s->target);

	if (!may_try(s, now)) {
		measure_anew(s, now, false);
		return;
	}
	s->guessing = false;
	s->doubted = false;
	s->old_target = s->target;
	s->old_rate = rate;
	s->trial = go_down ? CF_SCALE_DOWN : CF_SCALE_UP;
	decide(s, go_down ? down : up, rate, go_down ? COPYFILE_TRY_FEWER : COPYFILE_TRY_MORE,
	       now);
}

/* Returns true if the trial, in which work is done at rate, is a success. */
static bool worth(const struct cf_scale *s, double rate, int64_t now)
{
	assert(s->trial != CF_SCALE_STEADY && s->old_target);
	bool must_gain = s->trial == CF_SCALE_UP && !begins(s, now);

	return rate >= s->old_rate * (must_gain ? GAIN : NO_LOSS);
}

static void judge_trial(struct cf_scale *s, double rate, int64_t now)
{
	bool down = s->trial == CF_SCALE_DOWN;

	if (s->starved) {
		/* The trial proves nothing.  Its number stays: idle threads cost nothing. */
		rest(s, now);
		measure_anew(s, now, false);
		return;
	}
	if (worth(s, rate, now)) {
		/* Go on in this direction; at the bound, rest, as it may change. */
		s->backoff = down ? s->backoff : FIRST_REST;
		s->trial = CF_SCALE_STEADY;
		s->down_next = down;
		if (s->target == (down ? s->least : s->most))
			rest(s, now);
		else
			try_next(s, rate, now);
		return;
	}
	if (!s->doubted && begins(s, now)) {
		s->doubted = true;
		measure_anew(s, now, false);
		return;
	}
	unsigned int back = s->old_target;
	s->down_next = !down;
	rest(s, now);
	decide(s, within(s, back), rate, down ? COPYFILE_SLOWER : COPYFILE_NO_GAIN, now);
}

/* Returns rate, or less, if more threads than there are to be have taken part in it. */
static double least_rate(const struct cf_scale *s, double rate)
{
	double most = s->busy ? s->target * (s->work * 1e9 / s->busy) : rate;

	return rate < most ? rate : most;
}

void cf_scale_ended(struct cf_scale *s, int64_t took, unsigned int work, bool starved,
		    int64_t now)
{
	if (!s->waits)
		return;
	s->count++;
	s->work += work;
	s->busy += took;
	s->starved |= starved;
	if (s->settling) {
		if (s->count >= s->under_way)
			measure_anew(s, now, false);
		return;
	}
	int64_t time = now - s->since, least = s->trial == CF_SCALE_DOWN ? FEWER_TIME : LEAST_TIME;
	bool enough = s->count >= s->target || time > ENOUGH_TIME;
	if (!enough || s->count < LEAST_TASKS || time < least)
		return;
	double rate = s->work * 1e9 / time;
	if (s->trial == CF_SCALE_DOWN)
		judge_trial(s, least_rate(s, rate), now);
	else if (s->trial == CF_SCALE_UP)
		judge_trial(s, rate, now);
	else if (now >= s->retry && !s->starved && may_try(s, now))
		try_next(s, rate, now);
	else if (s->starved || time > WHOLE_REST)
		measure_anew(s, now, false);
}
