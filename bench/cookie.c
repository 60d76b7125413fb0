/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cookie - what a cookie costs: to make, queue, signal and reap it.
 * cookie WAY COPIES - only makes so many copies of the first kind, in one way: 0
 * is SYNC, 1 poll and STATUS, 2 WAIT.  That is for strace to count the calls.
 *
 * Design: copies that do next to nothing are started with COPYFILE_ASYNC, a
 * window of them at a time, and the time of the same copies with COPYFILE_SYNC
 * is taken off.  The window is reaped in the two ways that programs use: poll
 * and STATUS, which takes whatever has ended, and WAIT on the oldest until half
 * of the window is gone, which sleeps more rarely.
 *
 * The three ways take turns, and a round's difference is taken within the
 * round, so that a slow moment of the machine hits all of them.  "cpu" is the
 * time of all threads: what is hidden by the second core shows there.
 */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libcopyfile.h>

enum { ROUNDS = 7, WINDOW = 64 };

static int copies = 20000;		/* in a run */

/*
 * Microseconds, wall; more is felt beside the 20 that a small file takes.  Who does not
 * promise COPYFILE_STEADY pays for a dozen short system calls, of 0.15 each.
 */
#define GOAL 3.0
#define GOAL_NOT_STEADY 5.0

/* A copy that costs nothing itself */
struct errand {
	const char *name, *src, *dst;
	unsigned long flags;
	int result;			/* of each */
};

static double goal(const struct errand *e)
{
	return e->flags & COPYFILE_STEADY ? GOAL : GOAL_NOT_STEADY;
}

static const struct errand errands[] = {
	{ "no source, steady", "no-such-file", "no-such-copy", COPYFILE_STEADY, -ENOENT },
	{ "no attributes, steady", "/", "/", COPYFILE_ATTRS_ONLY | COPYFILE_STEADY, 0 },
	{ "no source", "no-such-file", "no-such-copy", 0, -ENOENT },
	{ "no attributes", "/", "/", COPYFILE_ATTRS_ONLY, 0 },
};

struct cost {
	double wall, cpu;		/* microseconds per copy */
};

static void expect(const struct errand *e, int result)
{
	if (result == e->result)
		return;
	fprintf(stderr, "cookie: %s: %s\n", e->name,
		result > 0 ? "still going" : strerror(-result));
	exit(1);
}

static int start(const struct errand *e)
{
	int cookie = copyfile(e->src, e->dst, e->flags | COPYFILE_ASYNC);

	if (cookie <= 0) {
		fprintf(stderr, "cookie: no cookie: %s\n", strerror(-cookie));
		exit(1);
	}
	return cookie;
}

static void by_sync(const struct errand *e)
{
	for (int i = 0; i < copies; i++)
		expect(e, copyfile(e->src, e->dst, e->flags | COPYFILE_SYNC));
}

static void by_poll(const struct errand *e)
{
	struct pollfd window[WINDOW];
	int started = 0, pending = 0;

	while (started < copies || pending) {
		int kept = 0;

		for (; pending < WINDOW && started < copies; started++)
			window[pending++] = (struct pollfd){ start(e), POLLIN, 0 };
		/* Fails only if interrupted; then nothing is readable. */
		if (poll(window, pending, -1) < 0)
			continue;
		for (int i = 0; i < pending; i++)
			if (window[i].revents)
				expect(e, copyfile_ctrl(window[i].fd, COPYFILE_STATUS));
			else
				window[kept++] = window[i];
		pending = kept;
	}
}

static void by_wait(const struct errand *e)
{
	int window[WINDOW];		/* a ring */
	int started = 0, reaped = 0;

	while (reaped < copies) {
		for (; started < copies && started - reaped < WINDOW; started++)
			window[started % WINDOW] = start(e);
		for (int i = 0; i < WINDOW / 2 && reaped < started; i++, reaped++)
			expect(e, copyfile_ctrl(window[reaped % WINDOW], COPYFILE_WAIT));
	}
}

static const struct way {
	const char *name;
	void (*run)(const struct errand *e);
} ways[] = {
	{ "SYNC", by_sync },		/* what is taken off the others */
	{ "poll + STATUS", by_poll },
	{ "WAIT on the oldest", by_wait },
};

enum { WAYS = sizeof ways / sizeof *ways };

static double clock_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static struct cost measure(const struct way *way, const struct errand *e)
{
	double wall = clock_us(CLOCK_MONOTONIC), cpu = clock_us(CLOCK_PROCESS_CPUTIME_ID);

	way->run(e);
	return (struct cost){
		.wall = (clock_us(CLOCK_MONOTONIC) - wall) / copies,
		.cpu = (clock_us(CLOCK_PROCESS_CPUTIME_ID) - cpu) / copies,
	};
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* As a ratio of which 1 is wanted; less than can be measured is all the same. */
static double gain(const struct errand *e, double us)
{
	const double least = 0.01;

	return goal(e) / (us > least ? us : least);
}

/* A row as in common.sh; the goal stands in the place of cp. */
static void add_to_tsv(const struct errand *e, const struct way *way,
		       const double *sorted)
{
	const char *path = getenv("BENCH_TSV");
	double us = sorted[ROUNDS / 2];
	FILE *tsv;

	if (!path || !*path)
		return;
	tsv = fopen(path, "a");
	if (!tsv || fprintf(tsv, "cookie\t%s, %s\t%g\t%g\t%g\t%g\t%g\t1\n", e->name,
			    way->name, goal(e) / 1e6, us / 1e6, gain(e, us),
			    gain(e, sorted[ROUNDS - 1]), gain(e, sorted[0])) < 0 ||
	    fclose(tsv)) {
		fprintf(stderr, "cookie: %s: %s\n", path, strerror(errno));
		exit(1);
	}
}

static void print_row(const struct errand *e, const struct way *way,
		      const struct cost *with, const struct cost *without)
{
	double wall[ROUNDS], cpu[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		wall[i] = with[i].wall - without[i].wall;
		cpu[i] = with[i].cpu - without[i].cpu;
	}
	qsort(wall, ROUNDS, sizeof *wall, by_value);
	qsort(cpu, ROUNDS, sizeof *cpu, by_value);
	printf("%-21s %-20s %6.2f %6.2f-%-6.2f %6.2f   < %.0f: %s\n", e->name, way->name,
	       wall[ROUNDS / 2], wall[0], wall[ROUNDS - 1], cpu[ROUNDS / 2], goal(e),
	       wall[ROUNDS / 2] < goal(e) ? "met" : "missed");
	add_to_tsv(e, way, wall);
}

static void run_once(const char *way, const char *how_many)
{
	int w = atoi(way);

	copies = atoi(how_many);
	if (w < 0 || w >= WAYS || copies < 1) {
		fprintf(stderr, "usage: cookie [WAY COPIES]\n");
		exit(2);
	}
	ways[w].run(&errands[0]);
}

int main(int argc, char **argv)
{
	struct cost costs[WAYS][ROUNDS];

	if (argc == 3) {
		run_once(argv[1], argv[2]);
		return 0;
	}
	printf("microseconds per cookie, %d rounds of %d\n", ROUNDS, copies);
	printf("%-21s %-20s %6s %13s %6s   goal\n", "copies of", "reaped by", "wall",
	       "min-max", "cpu");
	for (size_t k = 0; k < sizeof errands / sizeof *errands; k++) {
		const struct errand *e = &errands[k];

		/* The first round starts threads and fills caches. */
		for (int round = -1; round < ROUNDS; round++)
			for (int w = 0; w < WAYS; w++)
				costs[w][round < 0 ? 0 : round] = measure(&ways[w], e);
		for (int w = 1; w < WAYS; w++)
			print_row(e, &ways[w], costs[w], costs[0]);
	}
	return 0;
}
