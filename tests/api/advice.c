/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * copyfile_advice(): its sizes, and that it follows what the pool does.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "scratch.h"
#include "tap.h"

static struct copyfile_advice advice(void)
{
	struct copyfile_advice a;

	if (copyfile_advice(&a, sizeof a) != 0)
		bail_out("copyfile_advice: %s", strerror(errno));
	return a;
}

static unsigned int cores(void)
{
	struct copyfile_stats s;

	if (copyfile_stats(&s, sizeof s) != 0)
		bail_out("copyfile_stats: %s", strerror(errno));
	return s.cores;
}

static void test_size(void)
{
	struct {
		struct copyfile_advice a;
		unsigned char future[16];
	} big;

	is_int(copyfile_advice(&big.a, COPYFILE_ADVICE_SIZE_VER0 - 1), -EINVAL,
	       "less than the first size: EINVAL");
	is_int(errno, EINVAL, "with errno set");
	is_int(copyfile_advice(NULL, COPYFILE_ADVICE_SIZE_VER0), -EFAULT, "a null pointer: EFAULT");
	memset(&big, 1, sizeof big);
	is_int(copyfile_advice(&big.a, COPYFILE_ADVICE_SIZE_VER0), 0, "the first size");
	is_int(big.future[0], 1, "nothing is written beyond the size");
	is_int(copyfile_advice(&big.a, sizeof big), 0, "more than there is");
	is_int(big.future[15], 0, "is filled with zeros");
}

static void test_unused(void)
{
	struct copyfile_advice a = advice();

	is_int(a.threads, 0, "before the first copy no threads are known to be worth while");
	is_int(a.callers, cores(), "and a thread for each core may copy");
	is_int(a.waits, 0, "it is not known whether copies wait");
}

static void test_big(void)
{
	unsigned int n = cores();
	int cookie;

	long_setup(2, 0);
	cookie = long_start("big", 0);
	wait_for_data(cookie);
	is_int(advice().threads, 2, "small copies get the threads that were asked for");
	is_int(advice().idle, 0, "the pool has something to copy");
	is_int(advice().callers, n > 1 ? n - 1 : 1, "a big copy takes a core");
	cancel(cookie);
	is_int(copyfile_shutdown(), 0, "shutdown");
	is_int(advice().callers, n, "which is free again when it has ended");
}

/*
 * The program's own work counts: here it sleeps, as where each call waits for a server.  While
 * other programs keep all processors busy that is no reason for more threads.
 */
static void test_work(void)
{
	/* A disk with an arm would get no more threads. */
	int no_disk = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC), i;
	struct copyfile_work work;
	const struct copyfile_setup any = { .threads = 0 };

	is_int(copyfile_setup(&any, sizeof any), 0, "any number of threads");
	is_int(advice().idle, 1, "the pool has nothing to copy");
	for (i = 0; i < 8 || (i < 200 && !advice().waits); i++) {
		errno = 7;
		copyfile_work_begin(&work);
		nanosleep(&(struct timespec){ .tv_nsec = 15000000 }, NULL);
		copyfile_work_end(&work, no_disk, no_disk, 1);
	}
	is_int(errno, 7, "errno stays as it was");
	close(no_disk);
	if (!advice().waits) {
		skip(2, "the machine is too busy");
		return;
	}
	is_int(advice().waits, 1, "work that waits says so of the file systems");
	ok(advice().threads > cores(), "which are worth more threads than there are processors");
}

int main(void)
{
	scratch_enter("advice");
	test_size();
	test_unused();
	test_big();
	test_work();
	return done_testing();
}
