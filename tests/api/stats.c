/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * copyfile_stats(), and what it shows of the engine: who made the copies, by
 * what means, in how many system calls.
 */
#include <config.h>

#include "scratch.h"
#include "tap.h"

enum { FILES = 300 };

static struct copyfile_stats stats(void)
{
	struct copyfile_stats s;

	if (copyfile_stats(&s, sizeof s) != 0)
		bail_out("copyfile_stats: %s", strerror(errno));
	return s;
}

static void test_size(void)
{
	struct {
		struct copyfile_stats s;
		unsigned char future[16];
	} big;
	size_t least = COPYFILE_STATS_SIZE_VER0;

	is_int(copyfile_stats(&big.s, least - 1), -EINVAL, "less than the first size: EINVAL");
	is_int(errno, EINVAL, "with errno set");
	memset(&big, 1, sizeof big);
	is_int(copyfile_stats(&big.s, least), 0, "without decisions");
	is_int(((unsigned char *)&big)[least], 1, "nothing is written beyond the size");
	is_int(copyfile_stats(&big.s, sizeof big), 0, "more than there is");
	is_int(big.future[15], 0, "is filled with zeros");
}

/* Copy FILES small files into directory dir; the cookies are reaped at the end. */
static void copy_all(const char *dir, unsigned long flags)
{
	int cookies[FILES], n = 0, i;
	char name[64];

	if (mkdir(dir, 0777) != 0)
		bail_out("%s: %s", dir, strerror(errno));
	for (i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "%s/%d", dir, i);
		int r = copyfile("small", name, flags);
		while (r == -EAGAIN && n > 0) {
			finish(cookies[--n]);
			r = copyfile("small", name, flags);
		}
		if (r > 0)
			cookies[n++] = r;
		else if (r < 0)
			bail_out("%s: %s", name, strerror(-r));
	}
	while (n > 0)
		if (finish(cookies[--n]) != 0)
			bail_out("a copy failed");
}

static void test_sync(void)
{
	struct copyfile_stats a = stats(), b;

	copy_all("by_sync", COPYFILE_SYNC);
	b = stats();
	is_int(b.copies - a.copies, FILES, "SYNC: each copy is counted");
	is_int(b.cookies - a.cookies, 0, "without a cookie");
	/* openat, fstat, openat, ioctl or copy_file_range, close, close */
	ok((b.calls - a.calls) <= FILES * 7 + 20, "%.2f system calls each",
	   (double)(b.calls - a.calls) / FILES);
	ok(b.bytes_cloned + b.bytes_offloaded + b.bytes_buffered -
	   a.bytes_cloned - a.bytes_offloaded - a.bytes_buffered == FILES * 6,
	   "all bytes are accounted for");
}

static void test_async(void)
{
	struct copyfile_stats a = stats(), b;

	copy_all("by_async", COPYFILE_ASYNC);
	b = stats();
	is_int(b.copies - a.copies, FILES, "ASYNC: each copy is counted");
	is_int(b.cookies - a.cookies, FILES, "with a cookie");
	ok(b.threads > 0 && b.threads_peak >= b.threads, "by threads");
	ok(b.ndecisions > 0 && b.ndecisions <= 32, "of a decided number");
	ok(b.cores > 0, "on processors");
}

static void test_failure(void)
{
	struct copyfile_stats a = stats(), b;

	is_int(copyfile("missing", "x", COPYFILE_SYNC), -ENOENT, "a copy that fails");
	b = stats();
	is_int(b.copies - a.copies, 1, "is counted, too");
}

static void test_buffered(void)
{
	struct copyfile_stats a = stats(), b;

	is_int(copyfile("small", "plain",
			COPYFILE_SYNC | COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE), 0,
	       "a plain read and write");
	b = stats();
	is_int(b.bytes_buffered - a.bytes_buffered, 6, "is a buffered copy");
}

/* Returns a new directory on another file system than the one of the scratch, or NULL. */
static const char *elsewhere(void)
{
	static const char *const places[] = { "/dev/shm", "/var/tmp", "/tmp" };
	static char path[64];

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct stat st;

		if (stat(places[i], &st) != 0 || st.st_dev == stat_of(".").st_dev)
			continue;
		snprintf(path, sizeof path, "%s/across.%d", places[i], (int)getpid());
		if (mkdir(path, 0700) == 0)
			return path;
	}
	return NULL;
}

/* From one file system to another what is refused once is not tried for each file. */
static void test_across(void)
{
	const char *dir = elsewhere();
	char name[96];

	if (!dir) {
		skip(2, "there is one file system here");
		return;
	}
	put_pattern("medium", 20000, 7);
	/* The first of them finds out. */
	snprintf(name, sizeof name, "%s/first", dir);
	is_int(copyfile("medium", name, COPYFILE_SYNC), 0, "a copy to another file system");
	struct copyfile_stats a = stats();
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "%s/%d", dir, i);
		if (copyfile("medium", name, COPYFILE_SYNC) != 0 || !same_data("medium", name))
			bail_out("%s was not copied", name);
	}
	/* openat, fstat, openat, read, write, close, close */
	double each = (double)(stats().calls - a.calls) / FILES;
	ok(each <= 7.1, "%.2f system calls each", each);
	remove_tree(dir);
}

/* While a thread is at work on a big file, that is told. */
static void test_busy_big(void)
{
	unsigned int busy = 0;
	off_t size = 64 << 20;
	int ret = 0;

	/* It may end before this thread has a processor: then a longer one. */
	while (!busy && size <= (off_t)1 << 30) {
		put_hole("big", size);
		int cookie = copyfile("big", "big2", LONG_FLAGS);
		if (wait_for_data(cookie))
			busy = stats().busy_big;
		ret = finish(cookie);
		drop("big2");
		size *= 4;
	}
	drop("big");
	is_int(ret, 0, "a big file is copied");
	is_int(busy, 1, "by one thread, meanwhile");
	/* The thread lets go of it a moment after the cookie has ended. */
	for (int i = 0; i < 1000 && stats().busy_big; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	is_int(stats().busy_big, 0, "and by none afterwards");
}

int main(void)
{
	scratch_enter("stats");
	put_text("small", "source");
	test_size();
	test_sync();
	test_async();
	test_failure();
	test_buffered();
	test_across();
	test_busy_big();
	return done_testing();
}
