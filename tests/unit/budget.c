/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How descriptors and threads are shared out: whatever the number of descriptors and the
 * options, a run never has more open than there are, and can always go on.
 */
#include <config.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/options.h"
#include "budget.h"
#include "tap.h"

/* What a thread has open besides the directories: see src/budget.c. */
enum { MAIN = 8, WALKER = 8, PRESCAN = 8, LIBRARY_THREADS = 64 };

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* The most descriptors that are open at the same time with budget b */
static unsigned int most_open(const struct budget *b)
{
	unsigned int threads = b->threads ? b->threads : LIBRARY_THREADS;

	if (!b->window)
		return b->dirs + 3;
	/* No more copies are under way than there are cookies. */
	return MAIN + (b->walkers ? b->walkers : 1) * WALKER + (b->prescan ? PRESCAN : 0) +
	       b->dirs + b->window + 2 * least(threads, b->window);
}

/* Returns true if b is a good budget for so many descriptors. */
static bool good(const struct budget *b, const struct options *o, unsigned int fds)
{
	bool ok = b->dirs >= 2;

	/* With four a file can be copied, but nothing is left to spare. */
	if (fds >= 5)
		ok = ok && most_open(b) <= fds;
	if (!b->window)
		ok = ok && !b->walkers && b->in_order;
	if (b->in_order)
		ok = ok && b->window <= 1 && !b->walkers;
	else
		ok = ok && b->walkers && b->window && (b->threads || fds > 400);
	if (o->jobs)
		ok = ok && b->threads <= o->jobs && b->walkers <= o->jobs;
	if (o->window && !o->ask && o->jobs != 1)
		ok = ok && b->window <= o->window;
	return ok;
}

static void check_all(const char *what, struct options o)
{
	unsigned int fds;

	for (fds = 0; fds <= 9000; fds++) {
		struct budget b = budget_share(&o, fds);

		if (good(&b, &o, fds))
			continue;
		ok(false, "%s: %u descriptors", what, fds);
		diag("dirs %u, window %u, threads %u, walkers %u, in_order %d, prescan %d", b.dirs,
		     b.window, b.threads, b.walkers, b.in_order, b.prescan);
		return;
	}
	ok(true, "%s: up to 9000 descriptors", what);
}

static void test_usual(void)
{
	struct budget b = budget_share(&(struct options){ .jobs = 0 }, 1000);

	is_int(b.walkers, 16, "1000 descriptors: 16 walkers");
	is_int(b.window, 256, "and 256 cookies");
	is_int(b.threads, 0, "the library decides how many threads");
	ok(!b.in_order, "copies are under way together");
	ok(b.prescan, "a prescan is possible");
}

static void test_order(void)
{
	struct budget one = budget_share(&(struct options){ .jobs = 1, .window = 1 }, 1000);
	struct budget ask = budget_share(&(struct options){ .ask = true }, 1000);
	struct budget few = budget_share(&(struct options){ .jobs = 0 }, 20);
	struct budget wide = budget_share(&(struct options){ .jobs = 1, .window = 2 }, 1000);

	ok(one.in_order && one.window == 1, "-j1 --window=1: in order, with a cookie");
	ok(ask.in_order && ask.window == 1, "-i: in order, with a cookie");
	ok(few.in_order && few.window == 0, "20 descriptors: in order, without cookies");
	ok(!wide.in_order && wide.walkers == 1, "-j1 --window=2: one walker");
}

static void test_free_descriptors(void)
{
	struct rlimit limit;
	unsigned int before, after;
	int fd;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		bail_out("getrlimit");
	limit.rlim_cur = limit.rlim_max = least((unsigned int)least(limit.rlim_max, 100000), 700);
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		bail_out("setrlimit");
	before = budget_free_descriptors();
	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	after = budget_free_descriptors();
	is_int(before - after, 1, "one that is opened is no longer free");
	close(fd);
	ok(before < limit.rlim_cur, "standard streams are not free");
	limit.rlim_cur = 64;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		bail_out("setrlimit");
	is_int(budget_free_descriptors(), before, "the soft limit is raised");
}

int main(void)
{
	check_all("defaults", (struct options){ .jobs = 0 });
	check_all("-j1", (struct options){ .jobs = 1 });
	check_all("-j3", (struct options){ .jobs = 3 });
	check_all("-j4096 --window=100000", (struct options){ .jobs = 4096, .window = 100000 });
	check_all("--window=1", (struct options){ .window = 1 });
	check_all("-i", (struct options){ .ask = true });
	test_usual();
	test_order();
	test_free_descriptors();
	return done_testing();
}
