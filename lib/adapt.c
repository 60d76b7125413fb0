/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a server whose slots are taken lets all of its clients wait.  So what the calls of this
 * process take tells what those of others take.  What they take in the quiet state is learnt, and
 * they are kept below twice that by doing less at a time: after each piece of work a thread rests
 *
 *	what it took * (1 / share - 1)
 *
 * so that it works for that share of its time.  With n threads n * share calls are under way on
 * average.  To bound those, and not the rate, is what makes it stable: while calls take longer
 * fewer are made anyway, and a queue never grows beyond the bound.
 *
 * Time is cut into windows of at least ENOUGH calls.  At the end of each the load is
 *
 *	     what all pieces of work took
 *	-----------------------------------------
 *	what they would take in the quiet state
 *
 * and the share follows it, see follow().  Kinds of work, such as opening a file and moving 64 KiB,
 * are compared with themselves only, so it does not matter of which there are more.
 *
 * The quiet state is that in which this process does nearly nothing: one call at a time.
 *
 *	COUNT	how many threads there are; as they begin at once, calls take too long
 *	LEARN	one call at a time: so long they take in the quiet state
 *	FOLLOW	the share follows the load
 *	PROBE	one call at a time again, after each PROBE_EVERY
 *
 * If work takes less in a probe than is known, that is believed soon, else only slowly: others may
 * be at work, and that is what this run has to give way to; but a server that has become slower, or
 * directories that are larger, must not hold it back for ever.  What takes less than FLOOR counts
 * as FLOOR: nobody waits for that, and page caches differ by more.
 *
 * The numbers are relaxed atomics, and a window is ended by one thread while others go on: a sample
 * that is lost, or counted in the next window, does no harm.
 */
#include <config.h>

#include "adapt.h"

#include "relaxed.h"

/* A window has so many calls and takes so long, or it takes longest (ns). */
#define ENOUGH 24
#define LEAST_WINDOW 100000000
#define LONGEST_WINDOW 3000000000

/* From the end of one probe to the next (ns) */
#define PROBE_EVERY 30000000000

/* What takes less counts as this (ns): twice that is half a millisecond. */
#define FLOOR 250000

/* A call counts as at most so many times what it takes in the quiet state. */
#define MOST_RATIO 32

/* How many calls are under way, on average, when as little as possible is done */
#define LEAST_CALLS 0.125

/* The threads are counted for so long (ns), and until then there may be so many. */
#define COUNT_TIME 500000000
#define FIRST_THREADS 16

/* The longest rest after one piece of work (ns) */
#define LONGEST_REST 2000000000

/* States, which follow each other as said above */
enum { COUNT, LEARN, FOLLOW, PROBE };

static void set_share(struct cf_adapt *a, double share, unsigned int threads)
{
	double least = LEAST_CALLS / threads;

	share = share < least ? least : share > 1 ? 1 : share;
	unsigned int parts = share * CF_ADAPT_WHOLE;
	cf_relaxed_set(a->share, parts ? parts : 1);
}

static double share_of(const struct cf_adapt *a)
{
	return (double)cf_relaxed_get(a->share) / CF_ADAPT_WHOLE;
}

void cf_adapt_set(struct cf_adapt *a, bool on)
{
	if (on == cf_relaxed_get(a->on))
		return;
	for (int i = 0; on && i < CF_ADAPT_KINDS; i++) {
		cf_relaxed_set(a->kinds[i].sum, 0);
		cf_relaxed_set(a->kinds[i].n, 0);
		cf_relaxed_set(a->kinds[i].quiet, 0);
	}
	if (on) {
		cf_relaxed_set(a->begun, 0);
		cf_relaxed_set(a->samples, 0);
		cf_relaxed_set(a->state, COUNT);
		set_share(a, 1.0 / FIRST_THREADS, FIRST_THREADS);
	}
	cf_relaxed_set(a->on, on);
}

/* ------------------------------------------------------------ the window */

/*
 * Returns the load of the window that ends, and clears its sums.  What is seen for the first time
 * takes in the quiet state what it took, but for the load.
 */
static double take_load(struct cf_adapt *a)
{
	double took = 0, quiet = 0;
	int64_t new[CF_ADAPT_KINDS] = { 0 };

	for (int i = 0; i < CF_ADAPT_KINDS; i++) {
		struct cf_adapt_kind *k = &a->kinds[i];
		unsigned int n = atomic_exchange(&k->n, 0);
		int64_t sum = atomic_exchange(&k->sum, 0), known = cf_relaxed_get(k->quiet);

		if (n && known) {
			took += sum;
			quiet += (double)known * n;
		} else if (n) {
			new[i] = sum / n;
		}
	}
	double load = quiet > 0 ? took / quiet : 1;
	for (int i = 0; i < CF_ADAPT_KINDS; i++)
		if (new[i])
			cf_relaxed_set(a->kinds[i].quiet,
				       load > 1 ? (int64_t)(new[i] / load) : new[i]);
	return load;
}

/* A probe has found that load: change what is known of the quiet state. */
static void correct_quiet(struct cf_adapt *a, double load)
{
	double by = load < 0.7 ? 0.7 : load < 0.97 ? load : load > 1.05 ? 1.02 : 1;

	for (int i = 0; i < CF_ADAPT_KINDS; i++) {
		double quiet = cf_relaxed_get(a->kinds[i].quiet) * by;

		if (quiet > 0)
			cf_relaxed_set(a->kinds[i].quiet, (int64_t)(quiet < FLOOR ? FLOOR : quiet));
	}
}

static void forget_quiet(struct cf_adapt *a)
{
	for (int i = 0; i < CF_ADAPT_KINDS; i++)
		cf_relaxed_set(a->kinds[i].quiet, 0);
}

/*
 * Returns by what the share changes after a window with that load.  It is kept at about a quarter
 * more than in the quiet state: what others wait varies more than what is seen from here, since
 * some of the calls made here are answered by the kernel.
 */
static double follow(double load)
{
	return load > 1.6 ? 0.5 : load > 1.3 ? 0.75 : load < 1.1 ? 1.4 : load < 1.2 ? 1.1 : 1;
}

static void end_window(struct cf_adapt *a, int64_t now)
{
	unsigned int threads = atomic_exchange(&a->threads, 0);
	unsigned int state = cf_relaxed_get(a->state);
	double load = take_load(a), share = share_of(a);

	threads = threads ? threads : 1;
	double one_call = 1.0 / threads, next = share * follow(load);
	switch (state) {
	case COUNT:
		forget_quiet(a);
		state = LEARN;
		next = one_call;
		break;
	case LEARN:
		state = FOLLOW;
		a->next_probe = now + PROBE_EVERY;
		next = one_call;
		break;
	case FOLLOW:
		if (now < a->next_probe)
			break;
		state = PROBE;
		a->saved = next;
		next = next < one_call ? next : one_call;
		break;
	case PROBE:
		correct_quiet(a, load);
		state = FOLLOW;
		a->next_probe = now + PROBE_EVERY;
		next = a->saved;
		break;
	}
	cf_relaxed_set(a->state, state);
	set_share(a, next, threads);
	cf_relaxed_set(a->samples, 0);
	cf_relaxed_set(a->begun, now);
	cf_relaxed_add(a->window, 1);
}

static bool is_over(const struct cf_adapt *a, unsigned int samples, int64_t lasted)
{
	if (cf_relaxed_get(a->state) == COUNT)
		return lasted >= COUNT_TIME;
	return (samples >= ENOUGH && lasted >= LEAST_WINDOW) || lasted >= LONGEST_WINDOW;
}

int64_t cf_adapt_worked(struct cf_adapt *a, struct cf_adapt_thread *t, unsigned int kind,
			unsigned int calls, int64_t ns, int64_t now)
{
	struct cf_adapt_kind *k = &a->kinds[kind < CF_ADAPT_KINDS ? kind : CF_ADAPT_KINDS - 1];
	int64_t quiet = cf_relaxed_get(k->quiet), begun = cf_relaxed_get(a->begun);
	int64_t each = ns / calls;
	int64_t counts = each < FLOOR ? FLOOR : quiet && each / MOST_RATIO > quiet ?
			 quiet * MOST_RATIO : each;
	unsigned int window = cf_relaxed_get(a->window) + 1;

	cf_relaxed_add(k->sum, counts * calls);
	cf_relaxed_add(k->n, calls);
	unsigned int samples = cf_relaxed_add(a->samples, calls) + calls;
	if (t->window != window)
		cf_relaxed_add(a->threads, 1);
	t->window = window;
	if (!begun)
		cf_relaxed_set(a->begun, now);
	else if (is_over(a, samples, now - begun) && !atomic_exchange(&a->closing, true)) {
		/* Another thread may have ended it just before. */
		if (cf_relaxed_get(a->begun) == begun)
			end_window(a, now);
		atomic_store(&a->closing, false);
	}
	double rest = ns * (1 / share_of(a) - 1);
	return rest < LONGEST_REST ? (int64_t)rest : LONGEST_REST;
}
