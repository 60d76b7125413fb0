/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* copyfile_limit(): copies of every schedule are held back, stand still, and can be cancelled. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>

#include "scratch.h"

enum { PIECE = 4096 };

static int set(uint64_t bytes, uint64_t calls, uint32_t threads, uint32_t paused)
{
	const struct copyfile_limits limits = {
		.bytes = bytes, .calls = calls, .threads = threads, .paused = paused,
	};

	return copyfile_limit(&limits, sizeof limits);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * (int64_t)1000 + t.tv_nsec / 1000000;
}

static void test_arguments(void)
{
	struct copyfile_limits limits = { .threads = 4097 };

	is_int(copyfile_limit(NULL, sizeof limits), -EFAULT, "a null pointer: EFAULT");
	is_int(copyfile_limit(&limits, COPYFILE_LIMITS_SIZE_VER0 - 1), -EINVAL, "short: EINVAL");
	is_int(copyfile_limit(&limits, sizeof limits), -EINVAL, "too many threads: EINVAL");
	limits = (struct copyfile_limits){ .paused = 2 };
	is_int(copyfile_limit(&limits, sizeof limits), -EINVAL, "paused twice: EINVAL");
	limits = (struct copyfile_limits){ .reserved = 1 };
	is_int(copyfile_limit(&limits, sizeof limits), -E2BIG, "something reserved: E2BIG");
	limits = (struct copyfile_limits){ .reserved32 = 1 };
	is_int(copyfile_limit(&limits, sizeof limits), -E2BIG, "in any place: E2BIG");
	limits = (struct copyfile_limits){ .adaptive = 2 };
	is_int(copyfile_limit(&limits, sizeof limits), -EINVAL, "twice adaptive: EINVAL");
	is_int(set(0, 0, 0, 0), 0, "no limit is a limit");
}

static void test_rate(void)
{
	static const unsigned long how = COPYFILE_REPLACE | COPYFILE_NO_REFLINK;

	put_pattern("big", 600000, 1);
	for (int i = 0; i < SCHEDULES; i++) {
		set(1000000, 0, 0, 0);
		int64_t begun = now();

		is_int(copy("big", "copy", how | schedules[i].flag), 0, "%s", schedules[i].name);
		ok(now() - begun >= 450, "at a million bytes a second 0.6 million take a while");
		ok(same_data("big", "copy"), "and are all there");
		set(0, 0, 0, 0);
	}
	set(0, 20, 0, 0);
	int64_t begun = now();
	for (int i = 0; i < 3; i++)
		is_int(copy("big", "copy", how), 0, "a copy");
	ok(now() - begun >= 400, "three of some six calls each, at twenty a second");
	copyfile_limit_take(0, 1);
	set(1000, 0, 0, 0);
	copyfile_limit_take(0, 1);
	begun = now();
	errno = EDOM;
	copyfile_limit_take(300, 1);
	copyfile_limit_take(1, 1);
	ok(now() - begun >= 180, "what the program takes counts");
	is_int(errno, EDOM, "and errno stays");
	set(0, 0, 0, 0);
}

static void test_cancel(void)
{
	put_pattern("big", 600000, 1);
	set(1, 0, 0, 0);
	int cookie = copyfile("big", "slow", LONG_FLAGS);
	ok(cookie > 0 && wait_for_data(cookie), "a byte a second: it has begun");
	is_int(cancel(cookie), -ECANCELED, "and can be cancelled");
	ok(!exists("slow"), "nothing is left");

	set(0, 0, 0, 1);
	cookie = copyfile("big", "slow", LONG_FLAGS);
	ok(!readable(cookie, 200), "paused: it does not end");
	ok(!exists("slow"), "nor begin");
	is_int(cancel(cookie), -ECANCELED, "and can be cancelled");
	set(0, 0, 0, 0);
}

static void *copy_here(void *arg)
{
	*(int *)arg = copy("big", "here", COPYFILE_SYNC | COPYFILE_NO_REFLINK);
	return NULL;
}

static void test_pause(void)
{
	struct copyfile_info info = { .error = 0 }, later = { .error = 0 };
	struct timespec tenth = { .tv_nsec = 100000000 };
	int result = 1;
	pthread_t thread;

	long_setup(2, 16);
	int cookie = long_start("long.copy", 0);
	wait_for_data(cookie);
	set(0, 0, 0, 1);
	nanosleep(&tenth, NULL);
	copyfile_info(cookie, &info, sizeof info);
	nanosleep(&tenth, NULL);
	copyfile_info(cookie, &later, sizeof later);
	is_int(later.bytes_done, info.bytes_done, "a copy that is under way stands still");
	pthread_create(&thread, NULL, copy_here, &result);
	nanosleep(&tenth, NULL);
	ok(!exists("here"), "a copy in the call that starts it as well");
	set(0, 0, 0, 0);
	pthread_join(thread, NULL);
	is_int(result, 0, "and it goes on");
	is_int(cancel(cookie), -ECANCELED, "so does the other one, until it is cancelled");
}

/* Returns how many of the n copies have moved something. */
static int begun_of(const int *cookies, int n)
{
	struct copyfile_info info;
	int begun = 0;

	for (int i = 0; i < n; i++)
		begun += copyfile_info(cookies[i], &info, sizeof info) == 0 && info.bytes_done > 0;
	return begun;
}

/* Wait until so many copies are under way, but not for ever. */
static int await_begun(const int *cookies, int n, int want)
{
	struct timespec ms = { .tv_nsec = 1000000 };

	for (int i = 0; i < 10000 && begun_of(cookies, n) < want; i++)
		nanosleep(&ms, NULL);
	return begun_of(cookies, n);
}

static void test_threads(void)
{
	enum { COPIES = 6 };
	const struct copyfile_setup setup = { .threads = 2, .chunk = 16384 };
	int cookies[COPIES];
	char name[16];

	is_int(copyfile_setup(&setup, sizeof setup), 0, "two threads");
	put_pattern("small", 20 * PIECE, 1);
	/* Each of them moves a piece at once, and then waits for ever. */
	set(COPIES * PIECE, 0, 0, 0);
	for (int i = 0; i < COPIES; i++) {
		snprintf(name, sizeof name, "t%d", i);
		cookies[i] = copyfile("small", name, COPYFILE_ASYNC | COPYFILE_NO_REFLINK);
	}
	is_int(await_begun(cookies, COPIES, 2), 2, "make two copies at a time");
	set(COPIES * PIECE, 0, 4, 0);
	is_int(await_begun(cookies, COPIES, 4), 4, "four are allowed, and four make copies");
	set(0, 0, 1, 0);
	for (int i = 0; i < COPIES; i++)
		is_int(finish(cookies[i]), 0, "one: copies end");
	set(0, 0, 0, 0);
}

int main(void)
{
	scratch_enter("limit");
	test_arguments();
	test_rate();
	test_cancel();
	test_pause();
	test_threads();
	return scratch_done();
}
