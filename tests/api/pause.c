/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * COPYFILE_PAUSE and COPYFILE_RESUME: of a copy that waits for its turn, that runs, that is
 * moved by several threads, and that has ended.  What is paused holds up nothing else, can
 * be cancelled, and does not keep the process from ending.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>

#include "scratch.h"
#include "tap.h"

static struct copyfile_info info_of(int cookie)
{
	struct copyfile_info info;

	if (copyfile_info(cookie, &info, sizeof info) != 0)
		bail_out("copyfile_info: %s", strerror(errno));
	return info;
}

static bool pause_copy(int cookie)
{
	return copyfile_ctrl(cookie, COPYFILE_PAUSE) > 0;
}

static bool resume(int cookie)
{
	return copyfile_ctrl(cookie, COPYFILE_RESUME) > 0;
}

static void sleep_ms(long ms)
{
	struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

/* Wait until bytes_done has not moved for a while.  Returns its value. */
static uint64_t come_to_rest(int cookie)
{
	uint64_t done = info_of(cookie).bytes_done;
	int calm = 0;

	for (int i = 0; i < 6000 && calm < 10; i++) {
		uint64_t before = done;

		sleep_ms(10);
		done = info_of(cookie).bytes_done;
		calm = done == before ? calm + 1 : 0;
	}
	return done;
}

static int start_paused(const char *dst, unsigned long flags)
{
	int cookie = long_start(dst, flags);

	wait_for_data(cookie);
	if (!pause_copy(cookie))
		bail_out("cannot pause");
	return cookie;
}

static void test_running(void)
{
	int cookie, ret;
	uint64_t done;

	cookie = long_start("dst", 0);
	wait_for_data(cookie);
	is_int(info_of(cookie).paused, 0, "a copy that runs is not paused");
	ret = copyfile_ctrl(cookie, COPYFILE_PAUSE);
	ok(ret >= 1 && ret <= 100, "PAUSE gives the percentage that remains (%d)", ret);
	is_int(info_of(cookie).paused, 1, "info says that it is paused");
	done = come_to_rest(cookie);
	ok(done > 0 && done < (uint64_t)LONG_SIZE, "it stands still in the middle");
	sleep_ms(200);
	is_int(info_of(cookie).bytes_done, done, "and not a byte is copied");
	ok(!readable(cookie, 0), "its cookie is not readable");
	ok(copyfile_ctrl(cookie, COPYFILE_STATUS) > 0, "STATUS gives > 0");
	ok(pause_copy(cookie), "a second PAUSE changes nothing");
	ok(resume(cookie), "RESUME");
	is_int(info_of(cookie).paused, 0, "ends the pause");
	for (int i = 0; i < 6000 && info_of(cookie).bytes_done == done; i++)
		sleep_ms(10);
	ok(info_of(cookie).bytes_done > done, "the copy goes on");
	ok(resume(cookie), "a second RESUME changes nothing");
	is_int(cancel(cookie), -ECANCELED, "and it can be cancelled");
	ok(!exists("dst"), "which leaves nothing");
}

/* Paused and resumed many times, a copy is whole. */
static void test_whole(void)
{
	int cookie, ret;

	put_pattern("src", 8 << 20, 1);
	cookie = copyfile("src", "dst", LONG_FLAGS);
	for (int i = 0; i < 20 && pause_copy(cookie); i++) {
		sleep_ms(3);
		if (!resume(cookie))
			break;
		sleep_ms(1);
	}
	ret = finish(cookie);
	is_int(ret, 0, "a copy that was paused often is done in the end");
	ok(same_data("src", "dst"), "and whole");
	is_int(last_info().paused, 0, "it is not paused any more");
	drop("dst");
	drop("src");
}

static void test_cancel(void)
{
	int cookie = start_paused("dst", 0);

	come_to_rest(cookie);
	ok(copyfile_ctrl(cookie, COPYFILE_CANCEL) > 0, "CANCEL of a paused copy");
	ok(readable(cookie, 60000), "ends it");
	is_int(finish(cookie), -ECANCELED, "with ECANCELED");
	is_int(last_info().partial, COPYFILE_PARTIAL_REMOVED, "what it had created is removed");
	ok(!exists("dst"), "so it is");

	cookie = long_start("dst", 0);
	wait_for_data(cookie);
	ok(copyfile_ctrl(cookie, COPYFILE_CANCEL) > 0 && pause_copy(cookie),
	   "PAUSE of a cancelled copy");
	is_int(finish(cookie), -ECANCELED, "does not hold it up");
}

static void test_ended(void)
{
	int cookie;

	put_text("src", "all of it");
	cookie = copyfile("src", "dst", COPYFILE_ASYNC);
	ok(readable(cookie, 60000), "a copy has ended");
	is_int(copyfile_ctrl(cookie, COPYFILE_PAUSE), 1, "PAUSE gives 1");
	is_int(info_of(cookie).paused, 0, "and pauses nothing");
	is_int(copyfile_ctrl(cookie, COPYFILE_RESUME), 1, "RESUME gives 1");
	is_int(copyfile_ctrl(cookie, COPYFILE_STATUS), 0, "STATUS gives the result");
	drop("dst");
}

/* There is one thread, and it is parked: others are started in its place. */
static void test_others_go_on(void)
{
	enum { N = 3 };
	int paused[N], i, good = 0;
	char name[8];

	put_text("src", "another");
	for (i = 0; i < N; i++) {
		snprintf(name, sizeof name, "p%d", i);
		paused[i] = start_paused(name, 0);
	}
	for (i = 0; i < 50; i++)
		good += copy("src", "dst", COPYFILE_ASYNC | COPYFILE_REPLACE) == 0;
	is_int(good, 50, "with %d big copies paused, and one thread, small ones are made", N);
	put_pattern("big", 3 << 20, 2);
	is_int(copy("big", "dst", LONG_FLAGS | COPYFILE_REPLACE), 0, "and a big one");
	ok(same_data("big", "dst"), "as it should");
	for (i = 0; i < N; i++)
		good -= cancel(paused[i]) == -ECANCELED;
	is_int(good, 50 - N, "the paused ones can be cancelled");
	good = 0;
	for (i = 0; i < 50; i++)
		good += copy("src", "dst", COPYFILE_ASYNC | COPYFILE_REPLACE) == 0;
	is_int(good, 50, "and copies are made as before");
	drop("dst");
	drop("big");
}

static void test_queued(void)
{
	int running = long_start("running", 0), cookies[4], i, ended = 0;
	char name[8];

	put_text("src", "queued");
	wait_for_data(running);
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "q%d", i);
		cookies[i] = copyfile("src", name, COPYFILE_ASYNC);
	}
	ok(pause_copy(cookies[0]) && pause_copy(cookies[1]) && pause_copy(cookies[2]),
	   "three of four that wait for their turn are paused");
	is_int(info_of(cookies[0]).paused, 1, "info says so");
	is_int(info_of(cookies[0]).stage, COPYFILE_QUEUED, "none has begun");
	cancel(running);
	is_int(finish(cookies[3]), 0, "the fourth is done");
	sleep_ms(100);
	for (i = 0; i < 3; i++)
		ended += readable(cookies[i], 0);
	ok(ended == 0 && !exists("q0") && !exists("q1") && !exists("q2"), "the others are not");
	ok(resume(cookies[0]), "one is resumed");
	is_int(finish(cookies[0]), 0, "and done");
	ok(holds("q0", "queued") && !exists("q1"), "it alone");
	ok(copyfile_ctrl(cookies[1], COPYFILE_CANCEL) > 0 && readable(cookies[1], 0),
	   "one is cancelled, and ends at once");
	is_int(finish(cookies[1]), -ECANCELED, "with ECANCELED");
	is_int(last_info().partial, COPYFILE_PARTIAL_NONE, "it had never begun");
	is_int(copyfile_shutdown(), -EBUSY, "shutdown with a paused copy is EBUSY");
	is_int(cancel(cookies[2]), -ECANCELED, "the last one");
	drop("q0");
	drop("q3");
}

static void * resume_late(void *arg)
{
	sleep_ms(100);
	if (!resume(*(int *)arg))
		diag("cannot resume");
	return NULL;
}

/* WAIT sleeps until another thread resumes the copy, and it has ended. */
static void test_wait(void)
{
	pthread_t thread;
	int cookie;

	put_pattern("src", 4 << 20, 3);
	cookie = copyfile("src", "dst", LONG_FLAGS);
	ok(pause_copy(cookie), "a copy is paused");
	pthread_create(&thread, NULL, resume_late, &cookie);
	is_int(finish(cookie), 0, "WAIT gets its result once it is resumed");
	pthread_join(thread, NULL);
	ok(same_data("src", "dst"), "and it is whole");
	drop("dst");
}

/* A small new file has others wait for it; so it is not left half done. */
static void test_small(void)
{
	int i, overwritten = 0, cookies[40];
	char name[8];

	put_pattern("src", 200000, 4);
	put_text("old", "old");
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "s%d", i);
		cookies[i] = copyfile("src", name, LONG_FLAGS);
		sleep_ms(i % 3);
		if (!pause_copy(cookies[i]))
			bail_out("cannot pause");
	}
	for (i = 0; i < 10; i++)
		overwritten += copy("src", "old", LONG_FLAGS | COPYFILE_TRUNCATE) == 0;
	is_int(overwritten, 10, "paused small copies keep nobody from overwriting files");
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "s%d", i);
		if (!resume(cookies[i]) || finish(cookies[i]) != 0)
			overwritten = -1;
		drop(name);
	}
	is_int(overwritten, 10, "which are done when they are resumed");
	drop("old");
}

/* Copies that wait for what a paused one has claimed, or for a reader, use up no threads. */
static void test_claimed(void)
{
	enum { N = 8 };
	int paused, fifo, other, waiting[N], i, good = 0;

	put_text("src", "later");
	put_text("dst", "old");
	paused = start_paused("dst", COPYFILE_TRUNCATE);
	come_to_rest(paused);
	for (i = 0; i < N; i++)
		waiting[i] = copyfile("src", "dst", COPYFILE_ASYNC | COPYFILE_TRUNCATE);
	other = copyfile("src", "other", COPYFILE_ASYNC);
	ok(readable(other, 20000), "a copy is made while %d wait for a paused one's file", N);
	for (i = 0; i < N; i++)
		good += !readable(waiting[i], 0);
	is_int(good, N, "which do wait");
	is_int(cancel(paused), -ECANCELED, "the paused copy is cancelled");
	for (i = 0; i < N; i++)
		good -= finish(waiting[i]) == 0;
	is_int(good, 0, "then they are made");
	is_int(finish(other), 0, "so was the other one");
	ok(holds("dst", "later"), "the file is a copy");
	drop("other");

	if (mkfifo("fifo", 0600) != 0)
		bail_out("mkfifo: %s", strerror(errno));
	fifo = copyfile("src", "fifo", COPYFILE_ASYNC | COPYFILE_TRUNCATE);
	other = copyfile("src", "other", COPYFILE_ASYNC);
	ok(readable(other, 20000), "a copy is made while one waits for the reader of a FIFO");
	is_int(cancel(fifo), -ECANCELED, "that is cancelled");
	is_int(finish(other), 0, "the other was made");
	drop("other");
	drop("fifo");
	drop("dst");
}

static int exit_while_paused(void)
{
	int running = long_start("partial", 0), waiting;

	wait_for_data(running);
	put_text("src", "queued");
	waiting = copyfile("src", "waiting", COPYFILE_ASYNC);
	if (waiting <= 0 || !pause_copy(waiting) || !pause_copy(running))
		return 4;
	come_to_rest(running);
	scratch_owner = 0;
	exit(0);
}

static int child_copies(void)
{
	return copy("src", "child", LONG_FLAGS) == 0 && same_data("src", "child") ? 0 : 1;
}

static void test_process(void)
{
	int64_t begun = time(NULL);

	is_int(in_child(exit_while_paused), 0, "exit() with paused copies");
	ok(time(NULL) - begun < 5, "does not wait for long");
	ok(!exists("partial") && !exists("waiting"), "and leaves none of their files");
#ifndef SCRATCH_TSAN
	int cookie = start_paused("dst", 0);

	come_to_rest(cookie);
	put_pattern("src", 300000, 5);
	is_int(in_child(child_copies), 0, "a child of a process with a paused copy can copy");
	ok(resume(cookie), "and the parent can resume its own");
	is_int(cancel(cookie), -ECANCELED, "and cancel it");
	drop("child");
#else
	skip(3, "fork() with threads, under ThreadSanitizer");
	(void)child_copies;
#endif
}

int main(void)
{
	int before = count_fds();

	alarm(300);
	scratch_enter("pause");
	long_setup(1, 64);
	test_running();
	test_whole();
	test_cancel();
	test_ended();
	test_others_go_on();
	test_queued();
	test_wait();
	test_small();
	test_claimed();
	test_process();
	is_int(copyfile_shutdown(), 0, "shutdown");
	is_int(count_fds(), before, "no descriptor is left behind");
	return done_testing();
}
