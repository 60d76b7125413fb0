/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Results that need no memory of the calling thread: copyfile_ctrl_info(),
 * copyfile_how.result and copyfile_attrs_info(); and that no copy ends with an error
 * which means that its cookie is still there.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>

#include "scratch.h"
#include "tap.h"

/* Filled with it, a structure shows where something was written. */
enum { UNTOUCHED = 0xaa };

static struct copyfile_info untouched(void)
{
	struct copyfile_info info;

	memset(&info, UNTOUCHED, sizeof info);
	return info;
}

static bool is_untouched(const void *data, size_t size)
{
	const unsigned char *bytes = data;

	while (size > 0 && bytes[size - 1] == UNTOUCHED)
		size--;
	return size == 0;
}

static int start(const char *src, const char *dst, uint64_t flags, uint64_t tag,
		 struct copyfile_info *result)
{
	struct copyfile_how how = {
		.flags = flags, .tag = tag, .result = result, .result_size = sizeof *result,
	};

	*result = untouched();
	return copyfileat(AT_FDCWD, src, AT_FDCWD, dst, &how, sizeof how);
}

struct waiter {
	int cookie, ret;
	struct copyfile_info info;
};

static void * wait_elsewhere(void *arg)
{
	struct waiter *w = arg;

	do
		w->ret = copyfile_ctrl_info(w->cookie, COPYFILE_WAIT, &w->info, sizeof(w->info));
	while (w->ret > 0);
	/* A copy of this thread's own does not change what it was given. */
	if (copyfile("absent", "dst", COPYFILE_SYNC) != -ENOENT)
		w->ret = 1;
	return NULL;
}

static void test_ctrl_info(void)
{
	struct copyfile_info info = untouched();
	struct waiter w;
	pthread_t thread;
	int cookie, ret;

	w.cookie = start("long", "dst", LONG_FLAGS, 7, &info);
	ok(w.cookie > 0 && is_untouched(&info, sizeof info), "a cookie leaves *result alone");
	wait_for_data(w.cookie);
	ret = copyfile_ctrl_info(w.cookie, COPYFILE_STATUS, &info, sizeof info);
	ok(ret > 0, "STATUS of a copy that goes on (%d)", ret);
	is_int(info.tag, 7, "describes it: its tag");
	is_int(info.bytes_total, LONG_SIZE, "its size");
	ok(info.bytes_done > 0, "and some of it is done");
	pthread_create(&thread, NULL, wait_elsewhere, &w);
	ret = copyfile_ctrl_info(w.cookie, COPYFILE_CANCEL, &info, sizeof info);
	ok(ret > 0 && info.tag == 7, "CANCEL describes it, too (%d)", ret);
	pthread_join(thread, NULL);
	is_int(w.ret, -ECANCELED, "another thread gets the result");
	is_int(w.info.error, -ECANCELED, "which is in *ret");
	is_int(w.info.tag, 7, "with the tag");
	is_int(w.info.partial, COPYFILE_PARTIAL_REMOVED, "and what was left");

	info = untouched();
	is_int(copyfile_ctrl_info(w.cookie, COPYFILE_STATUS, &info, sizeof info), -EBADF,
	       "the cookie is gone");
	ok(is_untouched(&info, sizeof info), "EBADF leaves *ret alone");

	cookie = start("src", "dst", COPYFILE_ASYNC, 8, &info);
	is_int(copyfile_ctrl_info(cookie, 99, &info, sizeof info), -ENOSYS, "unknown command");
	ok(is_untouched(&info, sizeof info), "ENOSYS leaves *ret alone");
	errno = 0;
	is_int(copyfile_ctrl_info(cookie, COPYFILE_WAIT, NULL, sizeof info), -EFAULT,
	       "a null pointer is EFAULT");
	is_int(errno, EFAULT, "with errno set");
	while ((ret = copyfile_ctrl_info(cookie, COPYFILE_WAIT, &info, sizeof info)) > 0)
		;
	is_int(ret, 0, "and released nothing");
	is_int(info.stage, COPYFILE_DONE, "the result says DONE");
	is_int(info.bytes_done, 6, "and how much");
	is_int(last_info().tag, 8, "copyfile_info(0) has the same");
	drop("dst");
}

static void test_sizes(void)
{
	struct {
		struct copyfile_info info;
		unsigned char future[32];
	} big;
	unsigned int i, wrong;
	int cookie;

	memset(&big, UNTOUCHED, sizeof big);
	cookie = copyfile("src", "dst", COPYFILE_ASYNC);
	is_int(readable(cookie, 60000), 1, "a copy has ended");
	is_int(copyfile_ctrl_info(cookie, COPYFILE_STATUS, &big.info, 16), 0,
	       "a result is not lost because the structure is short");
	is_int(big.info.bytes_total, 6, "what fits is there");
	ok(is_untouched((char *)&big + 16, sizeof big - 16), "and no byte more");
	drop("dst");

	cookie = copyfile("src", "dst", COPYFILE_ASYNC);
	is_int(readable(cookie, 60000), 1, "another one");
	is_int(copyfile_ctrl_info(cookie, COPYFILE_STATUS, &big.info, sizeof big), 0,
	       "in a longer structure");
	for (wrong = 0, i = 0; i < sizeof(big.future); i++)
		wrong += big.future[i] != 0;
	is_int(wrong, 0, "is followed by zeros");
	drop("dst");
}

static void test_start(void)
{
	struct copyfile_info info;
	struct copyfile_how how = { .result_size = sizeof info };

	is_int(start("src", "dst", COPYFILE_SYNC, 9, &info), 0, "a copy that is done at once");
	is_int(info.tag, 9, "is described in *result: its tag");
	is_int(info.stage, COPYFILE_DONE, "its stage");
	is_int(info.bytes_done, 6, "and its size");
	is_int(start("absent", "dst", COPYFILE_SYNC, 10, &info), -ENOENT, "one that fails at once");
	is_int(info.tag, 10, "is described as well");
	is_int(info.error, -ENOENT, "with its error");
	is_int(info.stage, COPYFILE_OPEN_SRC, "and where it was");
	is_int(start("src", "dst", UINT64_C(1) << 40, 11, &info), -EINVAL, "one with bad flags");
	ok(info.tag == 11 && info.error == -EINVAL, "is described as well");
	is_int(copyfileat(AT_FDCWD, "src", AT_FDCWD, "dst2", &how, sizeof how), -EFAULT,
	       "no result, but a size for it: EFAULT");
	drop("dst");
}

static void test_attrs(void)
{
	struct copyfile_info info = untouched();
	int src = open("src", O_RDONLY | O_CLOEXEC), dst;

	chmod("src", 0640);
	put_text("dst", "old");
	dst = open("dst", O_RDWR | O_CLOEXEC);
	is_int(copyfile_attrs_info(src, dst, COPYFILE_MODE, &info, sizeof info), 0,
	       "copyfile_attrs_info()");
	is_int(stat_of("dst").st_mode & 07777, 0640, "does what copyfile_attrs() does");
	ok(info.error == 0 && info.stage == COPYFILE_DONE && info.skipped == 0,
	   "and says what became of it");
	is_int(copyfile_attrs_info(src, -1, COPYFILE_MODE, &info, sizeof info), -EBADF,
	       "no destination");
	ok(info.error == -EBADF && info.stage == COPYFILE_SETATTR, "is described as well");
	is_int(copyfile_attrs_info(src, dst, COPYFILE_MODE, NULL, sizeof info), -EFAULT,
	       "a null pointer is EFAULT");
	close(src);
	close(dst);
	drop("dst");
}

/* The promise of COPYFILE_STEADY is broken: the error is not to be taken for a lost cookie. */
static void test_error_of_a_copy(void)
{
	int blocker = long_start("held", 0), dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct copyfile_how how = { .flags = COPYFILE_ASYNC | COPYFILE_STEADY };
	int cookie;

	wait_for_data(blocker);
	cookie = copyfileat(dir, "src", dir, "dst", &how, sizeof how);
	close(dir);
	is_int(cancel(blocker), -ECANCELED, "the thread is free");
	is_int(finish(cookie), -ESTALE, "a directory that is gone is not EBADF");
	is_int(copyfile_ctrl(cookie, COPYFILE_STATUS), -EBADF, "which means that the cookie is");
}

int main(void)
{
	int before = count_fds();

	scratch_enter("result");
	long_setup(1, 0);
	put_text("src", "source");
	test_ctrl_info();
	test_sizes();
	test_start();
	test_attrs();
	test_error_of_a_copy();
	is_int(copyfile_shutdown(), 0, "shutdown");
	is_int(count_fds(), before, "no descriptor is left behind");
	return done_testing();
}
