/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * fork(): the child owns no cookies and can copy by itself; the parent does
 * not notice.  Also while other threads are in the middle of everything.
 */
#include <config.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "scratch.h"
#include "tap.h"

static int inherited;		/* the parent's cookie */

static int child_owns_nothing(void)
{
	struct copyfile_info info;
	int bad = 0;

	if (copyfile_ctrl(inherited, COPYFILE_STATUS) != -EBADF || errno != EBADF)
		bad |= 1;
	if (copyfile_ctrl(inherited, COPYFILE_CANCEL) != -EBADF)
		bad |= 2;
	if (copyfile_ctrl(inherited, COPYFILE_WAIT) != -EBADF)
		bad |= 4;
	if (copyfile_info(inherited, &info, sizeof info) != -EBADF)
		bad |= 8;
	return bad;
}

static int child_copies(void)
{
	int cookies[8], i, bad = 0;
	char name[16];

	if (copy("src", "c-sync", COPYFILE_SYNC) != 0 || !same_data("src", "c-sync"))
		bad |= 1;
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof name, "c-%d", i);
		cookies[i] = copyfile("src", name, COPYFILE_ASYNC);
		if (cookies[i] < 3)
			bad |= 2;
	}
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof name, "c-%d", i);
		if (finish(cookies[i]) != 0 || !same_data("src", name))
			bad |= 4;
		drop(name);
	}
	drop("c-sync");
	return bad;
}

/* A child that is done with the library and forks again */
static int child_forks(void)
{
	int bad = child_copies();

	if (bad == 0)
		bad = in_child(child_copies) << 4;
	return bad;
}

/* A child that leaves by exit(), with cookies of its parent and of its own */
static int child_leaves(void)
{
	int cookie = copyfile("src", "left", COPYFILE_ASYNC | COPYFILE_REPLACE);

	if (cookie <= 0)
		_exit(1);
	_exit(0);
}

static void test_live_cookie(void)
{
	int ret;

	long_setup(0, 0);
	put_pattern("src", 300000, 1);
	inherited = long_start("dst", 0);
	wait_for_data(inherited);
	is_int(in_child(child_owns_nothing), 0, "a cookie of the parent is EBADF in the child");
	is_int(in_child(child_copies), 0, "the child copies by itself");
	is_int(in_child(child_forks), 0, "so does a child of the child");
	is_int(in_child(child_leaves), 0, "a child may leave with copies under way");
	ret = copyfile_ctrl(inherited, COPYFILE_CANCEL);
	ok(ret > 0, "the parent's copy went on meanwhile (%d)", ret);
	ret = finish(inherited);
	ok(ret == 0 || ret == -ECANCELED, "until it was done, or cancelled (%d)", ret);
	is_int(copy("src", "dst", COPYFILE_ASYNC | COPYFILE_REPLACE), 0, "the parent copies on");
	ok(same_data("src", "dst"), "as well as ever");
	drop("left");
}

/* One that has ended in the parent, unreaped, when the child is made */
static void test_ended_cookie(void)
{
	inherited = copyfile("src", "dst", COPYFILE_ASYNC | COPYFILE_REPLACE);
	ok(inherited > 0 && readable(inherited, 60000), "a copy has ended");
	is_int(in_child(child_owns_nothing), 0, "the child can't reap it");
	ok(readable(inherited, 0), "it is still readable in the parent");
	is_int(copyfile_ctrl(inherited, COPYFILE_STATUS), 0, "which reaps it");
}

static atomic_bool stop;
static atomic_int copies, failures;

static void *keep_copying(void *arg)
{
	const char *dst = arg;

	while (!stop) {
		if (copy("src", dst, COPYFILE_ASYNC | COPYFILE_REPLACE) != 0)
			failures++;
		copies++;
	}
	return NULL;
}

/* Whatever lock another thread holds at the fork, the child must not hang */
static void test_fork_in_the_middle(void)
{
	static char names[4][8] = { "m0", "m1", "m2", "m3" };
	pthread_t threads[4];
	int i, bad = 0;

	for (i = 0; i < 4; i++)
		if (pthread_create(&threads[i], NULL, keep_copying, names[i]) != 0)
			bail_out("no thread");
	while (copies < 20)
		sched_yield();
	for (i = 0; i < 60; i++)
		if (in_child(child_copies) != 0)
			bad++;
	stop = true;
	for (i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	is_int(bad, 0, "60 children, made while 4 threads copy, all copy, too");
	is_int(failures, 0, "the parent's %d copies are all done", (int)copies);
}

int main(void)
{
#ifdef SCRATCH_TSAN
	skip_all("ThreadSanitizer knows no threads in the child of a process with threads");
#endif
#ifdef SCRATCH_ASAN
	/* GCC 12's: a thread that allocates at the fork leaves it locked in the child. */
	skip_all("AddressSanitizer's allocator does not survive a fork among threads");
#endif
	/* A child that hangs must not hang the test run */
	alarm(300);
	scratch_enter("fork");
	test_live_cookie();
	test_ended_cookie();
	test_fork_in_the_middle();
	return scratch_done();
}
