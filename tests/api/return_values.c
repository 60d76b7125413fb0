/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a call returns, and errno: of copies that are made or fail, and of calls that make no
 * sense.
 */
#include <config.h>

#include <signal.h>
#include <sys/resource.h>

#include "scratch.h"
#include "tap.h"

static const unsigned long commands[] = {
	COPYFILE_WAIT, COPYFILE_STATUS, COPYFILE_CANCEL, COPYFILE_PAUSE, COPYFILE_RESUME,
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void test_return_values(void)
{
	int i, ret, cookie;

	put_text("src", "hello");
	for (i = 0; i < SCHEDULES; i++) {
		errno = 0;
		ret = copy("absent", "dst", schedules[i].flag);
		is_int(ret, -ENOENT, "%s: no source is ENOENT", schedules[i].name);
		is_int(errno, ENOENT, "%s: errno says the same", schedules[i].name);
		is_int(copy("src", "dst", schedules[i].flag), 0, "%s: a copy gives 0",
		       schedules[i].name);
		ok(same_data("src", "dst"), "%s: and the copy is one", schedules[i].name);
		drop("dst");
	}

	ret = copyfile("src", "dst", COPYFILE_SYNC);
	is_int(ret, 0, "SYNC gives no cookie");
	drop("dst");
	cookie = copyfile("src", "dst", COPYFILE_ASYNC);
	ok(cookie >= 3, "ASYNC gives a cookie, even for a small file");
	is_int(finish(cookie), 0, "and that ends well");
	drop("dst");

	cookie = copyfile("absent", "dst", COPYFILE_ASYNC);
	ok(cookie >= 3, "ASYNC gives a cookie, even for a source that is not there");
	errno = 0;
	is_int(finish(cookie), -ENOENT, "the cookie has the error");
	is_int(errno, ENOENT, "errno has it when the cookie is awaited");
}

static void test_bad_calls(void)
{
	static const long strangers[] = { -1, 0, 1, 2, 1000000, LONG_MAX, LONG_MIN };
	static const unsigned long unknown[] = { 0, 6, 255, ULONG_MAX };
	struct copyfile_info info;
	unsigned int i, j;
	int cookie, own;

	for (i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
		for (j = 0; j < COMMANDS; j++) {
			errno = 0;
			is_int(copyfile_ctrl(strangers[i], commands[j]), -EBADF,
			       "cookie %ld, command %lu: EBADF", strangers[i], commands[j]);
			is_int(errno, EBADF, "with errno set");
		}
		if (strangers[i] != 0)
			is_int(copyfile_info(strangers[i], &info, sizeof info), -EBADF,
			       "copyfile_info of cookie %ld: EBADF", strangers[i]);
	}

	own = open("/dev/null", O_RDONLY | O_CLOEXEC);
	is_int(copyfile_ctrl(own, COPYFILE_WAIT), -EBADF, "a descriptor is no cookie");
	is_int(fcntl(own, F_GETFD), FD_CLOEXEC, "and it is left open");
	close(own);

	cookie = long_start("dst", 0);
	if (LONG_MAX > INT_MAX)
		is_int(copyfile_ctrl((long)(cookie | 1ULL << 32), COPYFILE_STATUS), -EBADF,
		       "a long that is a cookie only in its low half: EBADF");
	for (i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
		errno = 0;
		is_int(copyfile_ctrl(cookie, unknown[i]), -ENOSYS,
		       "command %lu: ENOSYS", unknown[i]);
		is_int(errno, ENOSYS, "with errno set");
	}
	ok(copyfile_ctrl(cookie, COPYFILE_CANCEL) > 0, "which released nothing");
	is_int(finish(cookie), -ECANCELED, "the copy's own result comes later");
	for (i = 0; i < COMMANDS; i++)
		is_int(copyfile_ctrl(cookie, commands[i]), -EBADF,
		       "command %lu on a released cookie: EBADF", commands[i]);
}

static int null_pointers(void)
{
	struct copyfile_info info;
	int cookie = long_start("null", 0), i, bad = 0;

	if (copyfile_info(0, NULL, 64) != -EFAULT || errno != EFAULT)
		bad |= 1;
	if (copyfile_info(cookie, NULL, sizeof info) != -EFAULT ||
	    copyfile_info(cookie, NULL, 0) != -EFAULT)
		bad |= 2;
	if (copyfile_stats(NULL, sizeof(struct copyfile_stats)) != -EFAULT || errno != EFAULT ||
	    copyfile_advice(NULL, sizeof(struct copyfile_advice)) != -EFAULT)
		bad |= 4;
	if (copyfile_setup(NULL, sizeof(struct copyfile_setup)) != -EFAULT)
		bad |= 8;
	for (i = 0; i < SCHEDULES; i++) {
		if (copyfile(NULL, "null2", schedules[i].flag) != -EFAULT ||
		    errno != EFAULT ||
		    copyfile("long", NULL, schedules[i].flag) != -EFAULT ||
		    copyfile(NULL, NULL, schedules[i].flag) != -EFAULT)
			bad |= 16;
		info = last_info();
		if (info.error != -EFAULT)
			bad |= 32;
	}
	if (copyfileat(AT_FDCWD, NULL, AT_FDCWD, "null2", NULL, 0) != -EFAULT ||
	    copyfileat(AT_FDCWD, "long", AT_FDCWD, NULL, NULL, 0) != -EFAULT)
		bad |= 64;
	if (copyfileat(AT_FDCWD, "long", AT_FDCWD, "null2", NULL, sizeof(struct copyfile_how))
	    != -EFAULT)
		bad |= 128;
	if (cancel(cookie) != -ECANCELED)
		bad |= 256;
	return bad || exists("null2") ? bad % 255 + 1 : 0;
}

static void test_null_pointers(void)
{
	is_int(in_child(null_pointers), 0, "null pointers are EFAULT, and nothing crashes");
}

static int file_too_large(void)
{
	struct rlimit limit = { 65536, 65536 };
	struct copyfile_info info;
	int i, bad = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 128;
	for (i = 0; i < SCHEDULES; i++) {
		if (copy("src", "dst", schedules[i].flag) != -EFBIG)
			bad |= 1;
		info = last_info();
		if (info.stage != COPYFILE_WRITE && info.stage != COPYFILE_MOVE)
			bad |= 2;
		if (exists("dst") || info.partial != COPYFILE_PARTIAL_REMOVED)
			bad |= 4;
	}
	return bad;
}

static void test_failed_write(void)
{
	put_pattern("src", 1 << 20, 5);
	is_int(in_child(file_too_large), 0,
	       "EFBIG: stage MOVE or WRITE, the partial file is removed");
}

int main(void)
{
	scratch_enter("return_values");
	long_setup(0, 0);
	test_return_values();
	test_bad_calls();
	test_null_pointers();
	test_failed_write();
	return scratch_done();
}
