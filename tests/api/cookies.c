/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A cookie is a descriptor that becomes readable when the copy has ended; its result is
 * kept until somebody takes it, and one thread gets it.
 */
#include <config.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "scratch.h"
#include "tap.h"

static void test_descriptor(void)
{
	int cookie, ret;

	cookie = long_start("dst", 0);
	is_int(fcntl(cookie, F_GETFD), FD_CLOEXEC, "a cookie is close-on-exec");
	ok(!readable(cookie, 0), "it is not readable while the copy goes on");
	ret = copyfile_ctrl(cookie, COPYFILE_STATUS);
	ok(ret >= 1 && ret <= 100, "STATUS of a live copy is within 1 to 100 (%d)", ret);
	wait_for_data(cookie);
	ok(!readable(cookie, 0), "progress does not make it readable");
	ret = copyfile_ctrl(cookie, COPYFILE_CANCEL);
	ok(ret >= 1 && ret <= 100, "CANCEL of a live copy is within 1 to 100 (%d)", ret);
	ok(readable(cookie, 60000), "its end makes it readable");
	ok(readable(cookie, 0), "it stays readable");
	is_int(copyfile_ctrl(cookie, COPYFILE_STATUS), -ECANCELED,
	       "readable: STATUS gives the result at once, and reaps");
	is_int(copyfile_ctrl(cookie, COPYFILE_STATUS), -EBADF, "it is gone then");
	ok(!exists("dst"), "so is the destination");
}

/* Whichever way the copy runs, poll() and STATUS must never disagree */
static void test_readable_is_ended(void)
{
	int early = 0, late = 0, lost = 0, range = 0;
	int i, cookie, ret;
	bool was;

	put_pattern("src", 300000, 1);
	for (i = 0; i < 300; i++) {
		cookie = copyfile("src", "dst", COPYFILE_ASYNC | COPYFILE_REPLACE);
		if (cookie <= 0) {
			lost++;
			continue;
		}
		do {
			was = readable(cookie, 0);
			ret = copyfile_ctrl(cookie, COPYFILE_STATUS);
			if (ret > 100)
				range++;
			if (was && ret > 0)
				early++;
			if (ret > 0 && i % 2 == 0 && !readable(cookie, 60000)) {
				late++;
				ret = finish(cookie);
			}
		} while (ret > 0);
		if (ret != 0)
			lost++;
	}
	is_int(early, 0, "never readable before the end");
	is_int(late, 0, "always readable after it");
	is_int(lost, 0, "300 copies, 300 good ends");
	is_int(range, 0, "never more than 100 percent remain");
	drop("dst");
}

static void test_results_are_kept(void)
{
	enum { N = 24 };
	int cookies[N], i, wrong = 0;
	char name[16];

	put_text("src", "kept");
	for (i = 0; i < N; i++) {
		snprintf(name, sizeof name, "k%d", i);
		cookies[i] = copyfile(i % 3 == 0 ? "absent" : "src", name, COPYFILE_ASYNC);
	}
	for (i = 0; i < N; i++)
		if (cookies[i] <= 0 || !readable(cookies[i], 60000))
			wrong++;
	is_int(wrong, 0, "%d copies end without anybody asking", N);
	is_int(copy("src", "other", COPYFILE_SYNC), 0, "another copy is made meanwhile");
	for (i = N - 1; i >= 0; i--) {
		int want = i % 3 == 0 ? -ENOENT : 0;

		if (cookies[i] > 0 && copyfile_ctrl(cookies[i], COPYFILE_STATUS) != want)
			wrong++;
	}
	is_int(wrong, 0, "their results are all still there, last first");
}

static int closed_standard_descriptors(void)
{
	int cookies[8], i, bad = 0;
	char name[16];

	for (i = 0; i < 3; i++)
		close(i);
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof name, "c%d", i);
		cookies[i] = copyfile("src", name, COPYFILE_ASYNC);
		if (cookies[i] < 3)
			bad |= 1;
	}
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof name, "c%d", i);
		if (finish(cookies[i]) != 0 || !same_data("src", name))
			bad |= 2;
	}
	if (copy("src", "sync", COPYFILE_SYNC) != 0 || !same_data("src", "sync"))
		bad |= 4;
	if (copy("src", "default", 0) != 0 || !same_data("src", "default"))
		bad |= 8;
	return bad;
}

static void test_closed_standard_descriptors(void)
{
	put_pattern("src", 10000, 2);
	is_int(in_child(closed_standard_descriptors), 0,
	       "with 0, 1 and 2 closed cookies are 3 and above, and copies good");
}

struct sleeper {
	int cookie;
	int ret;			/* the last one it got */
	_Atomic pid_t tid;
};

static void *sleep_for_result(void *arg)
{
	struct sleeper *self = arg;

	self->tid = (pid_t)syscall(SYS_gettid);
	do
		self->ret = copyfile_ctrl(self->cookie, COPYFILE_WAIT);
	while (self->ret > 0);
	return NULL;
}

/* Whether a thread of ours is asleep, as the kernel sees it */
static bool asleep(pid_t tid)
{
	char path[64], text[512], *end;
	ssize_t got;
	int fd;

	snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (got <= 0)
		return false;
	text[got] = '\0';
	end = strrchr(text, ')');
	return end && end[1] == ' ' && end[2] == 'S';
}

static void wait_until_asleep(_Atomic pid_t *tid)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	int calm = 0, i;

	/* Asleep for a while, so that it isn't on the way there */
	for (i = 0; i < 60000 && calm < 30; i++) {
		calm = *tid != 0 && asleep(*tid) ? calm + 1 : 0;
		nanosleep(&ms, NULL);
	}
}

static void test_one_gets_the_result(void)
{
	struct sleeper sleeper[3];
	pthread_t thread[3];
	int i, cookie, ret, results = 0, strays = 0;

	/* One sleeps in WAIT: it is the one */
	cookie = long_start("dst", 0);
	sleeper[0] = (struct sleeper){ .cookie = cookie };
	pthread_create(&thread[0], NULL, sleep_for_result, &sleeper[0]);
	wait_until_asleep(&sleeper[0].tid);
	ret = copyfile_ctrl(cookie, COPYFILE_STATUS);
	ok(ret > 0, "STATUS beside a sleeping thread gives > 0 (%d)", ret);
	ret = copyfile_ctrl(cookie, COPYFILE_CANCEL);
	ok(ret > 0, "CANCEL beside a sleeping thread gives > 0 (%d)", ret);
	do
		ret = copyfile_ctrl(cookie, COPYFILE_STATUS);
	while (ret > 0);
	is_int(ret, -EBADF, "who only looked on never gets the result");
	pthread_join(thread[0], NULL);
	is_int(sleeper[0].ret, -ECANCELED, "who slept does");

	/* Three at once: one gets it, the others are told that it is gone */
	cookie = long_start("dst", 0);
	for (i = 0; i < 3; i++) {
		sleeper[i] = (struct sleeper){ .cookie = cookie };
		pthread_create(&thread[i], NULL, sleep_for_result, &sleeper[i]);
	}
	for (i = 0; i < 3; i++)
		while (sleeper[i].tid == 0)
			sched_yield();
	wait_for_data(cookie);
	ret = copyfile_ctrl(cookie, COPYFILE_CANCEL);
	ok(ret > 0, "cancelled under three waiting threads (%d)", ret);
	for (i = 0; i < 3; i++) {
		pthread_join(thread[i], NULL);
		if (sleeper[i].ret == -ECANCELED)
			results++;
		else if (sleeper[i].ret != -EBADF)
			strays++;
	}
	is_int(results, 1, "of three waiting threads one gets the result");
	is_int(strays, 0, "the others get EBADF");
}

int main(void)
{
	scratch_enter("cookies");
	long_setup(0, 0);
	test_descriptor();
	test_readable_is_ended();
	test_results_are_kept();
	test_closed_standard_descriptors();
	test_one_gets_the_result();
	return scratch_done();
}
