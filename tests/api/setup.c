/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The sizes of structures, copyfile_setup() and copyfile_shutdown(): what is
 * refused, when, and that the pool comes back after it was shut down.
 */
#include <config.h>

#include "scratch.h"
#include "tap.h"

/* The sizes that each structure had in the first release */
enum {
	HOW_SIZE = COPYFILE_HOW_SIZE_VER0,
	SETUP_SIZE = COPYFILE_SETUP_SIZE_VER0,
	INFO_SIZE = COPYFILE_INFO_SIZE_VER0,
};

static void test_how_size(void)
{
	struct {
		struct copyfile_how how;
		unsigned char future[32];
	} big;
	int i;

	put_text("src", "source");
	memset(&big, 0, sizeof big);
	big.how.flags = COPYFILE_SYNC | COPYFILE_REPLACE;
	for (i = 0; i < HOW_SIZE; i += 5) {
		errno = 0;
		is_int(copyfileat(AT_FDCWD, "src", AT_FDCWD, "dst", &big.how, i), -EINVAL,
		       "copyfile_how of %d bytes: EINVAL", i);
		is_int(errno, EINVAL, "with errno set");
	}
	is_int(copyfileat(AT_FDCWD, "src", AT_FDCWD, "dst", &big.how, HOW_SIZE), 0,
	       "copyfile_how of its first size");
	is_int(copyfileat(AT_FDCWD, "src", AT_FDCWD, "dst", &big.how, sizeof big), 0,
	       "larger, with zeros");
	big.future[sizeof big.future - 1] = 1;
	errno = 0;
	is_int(copyfileat(AT_FDCWD, "src", AT_FDCWD, "dst", &big.how, sizeof big), -E2BIG,
	       "larger, with something in it: E2BIG");
	is_int(errno, E2BIG, "with errno set");
	drop("dst");
	is_int(finish(copyfileat(AT_FDCWD, "src", AT_FDCWD, "dst", NULL, 0)), 0,
	       "no copyfile_how");
	ok(holds("dst", "source"), "is the default");
	is_int(finish(copyfileat(AT_FDCWD, "src", AT_FDCWD, "dst", NULL, 0)), -EEXIST,
	       "in every way");
	drop("dst");
}

static void test_info_size(void)
{
	struct {
		struct copyfile_info info;
		unsigned char future[32];
	} big;
	unsigned char *bytes = (unsigned char *)&big;
	unsigned int i, wrong;

	is_int(copy("src", "dst", COPYFILE_SYNC), 0, "a copy to describe");
	errno = 0;
	is_int(copyfile_info(0, &big.info, INFO_SIZE - 1), -EINVAL,
	       "copyfile_info of %d bytes: EINVAL", INFO_SIZE - 1);
	is_int(errno, EINVAL, "with errno set");
	is_int(copyfile_info(0, &big.info, 0), -EINVAL, "of none: EINVAL");

	memset(&big, 0xaa, sizeof big);
	is_int(copyfile_info(0, &big.info, INFO_SIZE), 0, "copyfile_info of its first size");
	for (wrong = 0, i = INFO_SIZE; i < sizeof big; i++)
		wrong += bytes[i] != 0xaa;
	is_int(wrong, 0, "no byte more is written");
	is_int(big.info.bytes_total, 6, "what it had then is filled in");

	memset(&big, 0xaa, sizeof big);
	is_int(copyfile_info(0, &big.info, sizeof big), 0, "larger");
	for (wrong = 0, i = 0; i < sizeof big.future; i++)
		wrong += big.future[i] != 0;
	is_int(wrong, 0, "is filled with zeros");
	is_int(big.info.bytes_total, 6, "after what is known");
	drop("dst");
}

static void test_setup_size(void)
{
	struct {
		struct copyfile_setup setup;
		unsigned char future[32];
	} big;
	int i;

	memset(&big, 0, sizeof big);
	for (i = 0; i < SETUP_SIZE; i += 5) {
		errno = 0;
		is_int(copyfile_setup(&big.setup, i), -EINVAL,
		       "copyfile_setup of %d bytes: EINVAL", i);
		is_int(errno, EINVAL, "with errno set");
	}
	is_int(copyfile_setup(&big.setup, SETUP_SIZE), 0, "copyfile_setup of its first size");
	is_int(copyfile_setup(&big.setup, sizeof big), 0, "larger, with zeros");
	big.future[0] = 1;
	errno = 0;
	is_int(copyfile_setup(&big.setup, sizeof big), -E2BIG, "larger, with more: E2BIG");
	is_int(errno, E2BIG, "with errno set");
}

static void test_busy(void)
{
	struct copyfile_setup setup = { .threads = 2 };
	int cookie;

	long_setup(1, 0);
	cookie = long_start("dst", 0);
	errno = 0;
	is_int(copyfile_setup(&setup, sizeof setup), -EBUSY, "setup with a live cookie");
	is_int(errno, EBUSY, "sets errno");
	errno = 0;
	is_int(copyfile_shutdown(), -EBUSY, "shutdown with a live cookie");
	is_int(errno, EBUSY, "sets errno");
	ok(copyfile_ctrl(cookie, COPYFILE_CANCEL) > 0, "the copy goes on in spite of them");
	ok(readable(cookie, 60000), "until it has ended");
	is_int(copyfile_shutdown(), -EBUSY, "an ended copy is live until it is reaped");
	is_int(finish(cookie), -ECANCELED, "its result is still there");
	is_int(copyfile_setup(&setup, sizeof setup), 0, "then setup works");
	is_int(copyfile_shutdown(), 0, "and shutdown");
}

/* Threads of this process, as the kernel counts them */
static int count_threads(void)
{
	return count_names("/proc/self/task");
}

static void test_shutdown(void)
{
	int fds, threads, i, ret, good = 0;

	is_int(copy("src", "dst", COPYFILE_ASYNC), 0, "a copy, so that there is a pool");
	is_int(copyfile_shutdown(), 0, "shutdown");
	is_int(copyfile_shutdown(), 0, "twice");
	fds = count_fds();
	threads = count_threads();
	for (i = 0; i < 20; i++) {
		ret = copy("src", "dst", COPYFILE_ASYNC | COPYFILE_REPLACE);
		if (ret == 0 && copyfile_shutdown() == 0)
			good++;
	}
	is_int(good, 20, "the pool comes back after each shutdown");
	is_int(count_fds(), fds, "no descriptor is left after it");
	/* A joined thread may linger in /proc for a moment */
	for (i = 0; i < 30000 && count_threads() > threads; i++)
		usleep(1000);
	is_int(count_threads(), threads, "nor a thread");
	is_int(copy("src", "dst", COPYFILE_SYNC | COPYFILE_REPLACE), 0, "SYNC after a shutdown");
	is_int(count_threads(), threads, "starts no thread");
	drop("dst");
}

static void test_pending(void)
{
	int cookies[4], i, ret;
	char name[8];

	long_setup(1, 4);
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof name, "p%d", i);
		cookies[i] = long_start(name, 0);
	}
	errno = 0;
	is_int(copyfile("src", "p4", COPYFILE_ASYNC), -EAGAIN, "one more than may be pending");
	is_int(errno, EAGAIN, "sets errno");
	ok(!exists("p4"), "does nothing");
	is_int(copyfile("src", "p4", COPYFILE_SYNC), 0, "SYNC needs no cookie, and works");
	drop("p4");
	ok(copyfile_ctrl(cookies[3], COPYFILE_CANCEL) > 0, "end one");
	ok(readable(cookies[3], 60000), "it has ended");
	is_int(copyfile("src", "p4", COPYFILE_ASYNC), -EAGAIN, "but lives until it is reaped");
	is_int(finish(cookies[3]), -ECANCELED, "reap it");
	ret = copyfile("src", "p4", COPYFILE_ASYNC);
	ok(ret > 0, "then there is room (%d)", ret);
	for (i = 0; i < 3; i++)
		is_int(cancel(cookies[i]), -ECANCELED, "cancel pending %d", i);
	is_int(finish(ret), 0, "the late one is done");
	drop("p4");
}

static void test_extremes(void)
{
	struct copyfile_setup setup = {
		.threads = UINT32_MAX, .pending = UINT32_MAX, .chunk = UINT64_MAX,
	};
	int ret;

	ret = copyfile_setup(&setup, sizeof setup);
	ok(ret <= 0, "setup with the largest values gives an answer (%d)", ret);
	put_pattern("big", 3000000, 1);
	is_int(copy("big", "dst", COPYFILE_ASYNC), 0, "and a copy still works");
	ok(same_data("big", "dst"), "as it should");
	drop("dst");
	setup = (struct copyfile_setup){ .threads = 1, .pending = 1, .chunk = 1 };
	is_int(copyfile_setup(&setup, sizeof setup), 0, "setup with the smallest");
	put_pattern("big", 3000, 1);
	is_int(copy("big", "dst", COPYFILE_ASYNC | COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE), 0,
	       "and a copy works, a byte at a time");
	ok(same_data("big", "dst"), "as it should");
	drop("dst");
	setup = (struct copyfile_setup){ 0 };
	is_int(copyfile_setup(&setup, sizeof setup), 0, "zeros: the defaults");
	is_int(copy("big", "dst", COPYFILE_ASYNC), 0, "and a copy works");
	drop("dst");
	drop("big");
}

int main(void)
{
	scratch_enter("setup");
	test_how_size();
	test_info_size();
	test_setup_size();
	test_shutdown();
	test_busy();
	test_pending();
	test_extremes();
	return scratch_done();
}
