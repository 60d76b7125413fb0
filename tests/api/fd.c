/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * copyfilefd(): the contents of one open file become those of another, whatever their
 * offsets are, and whatever becomes of the descriptors meanwhile.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/xattr.h>

#include "scratch.h"
#include "tap.h"

#define MIB ((off_t)1 << 20)

static int open_file(const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC, 0644);

	if (fd < 0)
		bail_out("open %s: %s", name, strerror(errno));
	return fd;
}

static int start_fds(int src, int dst, unsigned long flags)
{
	struct copyfile_how how = { .flags = flags, .tag = 77 };

	return copyfilefd(src, dst, &how, sizeof how);
}

/* Copy the file src over the file dst, which must be there, by descriptors. */
static int copy_fds(const char *src, const char *dst, unsigned long flags)
{
	int from = open_file(src, O_RDONLY), to = open_file(dst, O_WRONLY);
	int ret = finish(start_fds(from, to, flags));

	close(from);
	close(to);
	return ret;
}

/* ----------------------------------------------------- contents and offsets */

static const struct {
	unsigned long flags;
	const char *name;
} ways[] = {
	{ 0,                                        "default" },
	{ COPYFILE_TRUNCATE,                        "TRUNCATE" },
	{ COPYFILE_NO_REFLINK,                      "NO_REFLINK" },
	{ COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE, "NO_REFLINK|NO_SPARSE" },
	{ COPYFILE_SPARSE,                          "SPARSE" },
	{ COPYFILE_NO_SPARSE,                       "NO_SPARSE" },
	{ COPYFILE_FSYNC,                           "FSYNC" },
};

enum { WAYS = sizeof ways / sizeof ways[0] };

/* What is wrong after a copy of "src" over a "dst" of old_size bytes, or NULL. */
static const char * try_copy(off_t old_size, int access, unsigned long flags)
{
	off_t at[2] = { 12, 345678 };
	const char *wrong = NULL;
	struct copyfile_info info;
	int src, dst;

	put_pattern("dst", old_size, 99);
	src = open_file("src", access ? access : O_RDONLY);
	dst = open_file("dst", access ? access : O_WRONLY);
	if (lseek(src, at[0], SEEK_SET) != at[0] || lseek(dst, at[1], SEEK_SET) != at[1])
		bail_out("lseek: %s", strerror(errno));
	if (finish(start_fds(src, dst, flags)) != 0)
		wrong = "it fails";
	info = last_info();
	if (lseek(src, 0, SEEK_CUR) != at[0] || lseek(dst, 0, SEEK_CUR) != at[1])
		wrong = "an offset has changed";
	if (!same_data("src", "dst"))
		wrong = "it is no good copy";
	if (!wrong && (info.tag != 77 || info.bytes_done != (uint64_t)stat_of("src").st_size))
		wrong = "copyfile_info() tells something else";
	close(src);
	close(dst);
	return wrong;
}

static void test_contents(const char *what)
{
	static const off_t old_sizes[] = { 0, 100, 9 * MIB };

	for (unsigned int way = 0; way < WAYS; way++) {
		int bad = 0;

		for (unsigned int i = 0; i < 3 * SCHEDULES; i++) {
			unsigned long flags = ways[way].flags | schedules[i % SCHEDULES].flag;
			const char *wrong = try_copy(old_sizes[i / SCHEDULES], i % 2 ? O_RDWR : 0,
						     flags);

			if (wrong != NULL && bad++ < 3)
				diag("%s, %s, %s, over %lld bytes: %s", what, ways[way].name,
				     schedules[i % SCHEDULES].name,
				     (long long)old_sizes[i / SCHEDULES], wrong);
		}
		is_int(bad, 0, "%s, %s: the contents arrive, the offsets stay", what,
		       ways[way].name);
	}
}

/* Eight MiB, with data at the beginning and in the middle */
static void put_holes(const char *name)
{
	int fd;

	put_pattern(name, 100000, 3);
	fd = open_file(name, O_WRONLY);
	if (pwrite(fd, "data", 4, 4 * MIB + 5) != 4 || ftruncate(fd, 8 * MIB) != 0 ||
	    fsync(fd) != 0)
		bail_out("%s: %s", name, strerror(errno));
	close(fd);
}

static void test_sizes(void)
{
	put_text("src", "");
	test_contents("an empty file");
	put_pattern("src", 4096, 1);
	test_contents("a page");
	put_pattern("src", 3 * MIB + 1, 2);
	test_contents("some MiB");
	put_holes("src");
	test_contents("a file with holes");
	put_text("dst", "");
	is_int(copy_fds("src", "dst", 0), 0, "holes, once more");
	if (stat_of("src").st_blocks * 512 < 8 * MIB)
		ok(stat_of("dst").st_blocks * 512 < 8 * MIB, "are holes again");
	else
		skip(1, "this file system has no holes");
}

/* Files without a name */
static void test_nameless(void)
{
	int src, dst;

	put_pattern("src", 300000, 4);
	put_text("dst", "old");
	src = open_file("src", O_RDONLY);
	dst = open_file("dst", O_RDWR);
	link("src", "src2");
	drop("src");
	drop("dst");
	is_int(finish(start_fds(src, dst, 0)), 0, "two files whose names are gone");
	is_int(lseek(dst, 0, SEEK_END), 300000, "all of it is there");
	close(dst);
	dst = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (dst < 0)
		skip(2, "no O_TMPFILE here");
	else {
		is_int(finish(start_fds(src, dst, COPYFILE_ASYNC)), 0, "one that never had any");
		is_int(lseek(dst, 0, SEEK_END), 300000, "all of it is there");
		close(dst);
	}
	close(src);
	drop("src2");
}

static void test_attributes(void)
{
	struct timespec times[2] = { { 1000000000, 5 }, { 1100000000, 7 } };
	struct stat st;

	put_text("src", "source");
	put_text("dst", "old");
	chmod("src", 0751);
	chmod("dst", 0600);
	is_int(copy_fds("src", "dst", 0), 0, "no attributes asked for");
	is_int(stat_of("dst").st_mode & 07777, 0600, "the mode stays");
	if (utimensat(AT_FDCWD, "src", times, 0) != 0)
		bail_out("utimensat: %s", strerror(errno));
	bool xattr = setxattr("src", "user.x", "y", 1, 0) == 0;
	is_int(copy_fds("src", "dst", COPYFILE_ATTRS | COPYFILE_LENIENT), 0, "attributes");
	st = stat_of("dst");
	is_int(st.st_mode & 07777, 0751, "the mode is the source's");
	ok(st.st_mtim.tv_sec == times[1].tv_sec && st.st_atim.tv_sec == times[0].tv_sec,
	   "so are the times");
	if (xattr)
		is_int(getxattr("dst", "user.x", NULL, 0), 1, "so are extended attributes");
	else
		skip(1, "no extended attributes here");
}

/* ---------------------------------------------------------- what is refused */

static void test_refused_flags(void)
{
	static const struct {
		unsigned long flags;
		const char *name;
	} bad[] = {
		{ COPYFILE_REPLACE,      "REPLACE" },
		{ COPYFILE_ATOMIC,       "ATOMIC" },
		{ COPYFILE_KEEP_PARTIAL, "KEEP_PARTIAL" },
		{ COPYFILE_NOFOLLOW,     "NOFOLLOW" },
		{ COPYFILE_ONE_NAME,     "ONE_NAME" },
		{ COPYFILE_NOFOLLOW_DST, "NOFOLLOW_DST" },
		{ COPYFILE_PLAIN_MODE,   "PLAIN_MODE" },
		{ COPYFILE_GIVEN_MODE,   "GIVEN_MODE" },
		{ COPYFILE_ATTRS_ONLY,   "ATTRS_ONLY" },
		{ COPYFILE_SYNC | COPYFILE_ASYNC, "SYNC|ASYNC" },
		{ 0x80000000UL,          "an unknown bit" },
	};
	int src = open_file("src", O_RDONLY), dst = open_file("dst", O_WRONLY);
	struct copyfile_how how = { .mode = 0600 }, known = { .dst_dev = 1, .dst_ino = 1 };

	for (unsigned int i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		errno = 0;
		is_int(start_fds(src, dst, bad[i].flags), -EINVAL, "%s: EINVAL", bad[i].name);
		is_int(errno, EINVAL, "with errno set");
	}
	is_int(copyfilefd(src, dst, &how, sizeof how), -EINVAL, "a mode: EINVAL");
	is_int(copyfilefd(src, dst, &known, sizeof known), -EINVAL, "an inode: EINVAL");
	is_int(copyfilefd(src, dst, &how, 8), -EINVAL, "a structure that is too short: EINVAL");
	is_int(copyfilefd(src, dst, NULL, sizeof how), -EFAULT, "a null pointer: EFAULT");
	ok(holds("dst", "old"), "nothing has happened");
	is_int(finish(copyfilefd(src, dst, NULL, 0)), 0, "no structure");
	ok(same_data("src", "dst"), "is the default");
	close(src);
	close(dst);
}

static void refuse(int src, int dst, int error, const char *what)
{
	for (int i = 0; i < SCHEDULES; i++) {
		is_int(finish(start_fds(src, dst, schedules[i].flag)), -error, "%s: %s, %s",
		       schedules[i].name, what, strerrorname_np(error));
		ok(holds("dst", "old") && holds("src", "source"), "nothing has happened");
	}
}

static void test_refused_descriptors(void)
{
	int src = open_file("src", O_RDONLY), dst = open_file("dst", O_WRONLY), fd, pipes[2];

	refuse(-1, dst, EBADF, "no source");
	refuse(src, -1, EBADF, "no destination");
	refuse(AT_FDCWD, dst, EBADF, "the working directory as source");
	refuse(src, 9999, EBADF, "a number that is no descriptor");
	refuse(src, src, EBADF, "a destination to be read");
	refuse(dst, dst, EBADF, "a source to be written");
	fd = open_file("src", O_PATH);
	refuse(fd, dst, EBADF, "an O_PATH source");
	close(fd);
	fd = open_file("dst", O_PATH);
	refuse(src, fd, EBADF, "an O_PATH destination");
	close(fd);
	fd = open_file("dst", O_RDWR | O_APPEND);
	refuse(src, fd, EBADF, "a destination with O_APPEND");
	is_int(lseek(fd, 0, SEEK_CUR), 0, "its offset stays");
	close(fd);
	fd = open("dst", O_WRONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		skip(2 * SCHEDULES, "no O_DIRECT here");
	else {
		refuse(src, fd, EINVAL, "a destination with O_DIRECT");
		close(fd);
	}
	fd = open_file(".", O_RDONLY | O_DIRECTORY);
	refuse(fd, dst, EOPNOTSUPP, "a directory as source");
	close(fd);
	fd = open_file("/dev/null", O_RDWR);
	refuse(fd, dst, EOPNOTSUPP, "a device as source");
	refuse(src, fd, EOPNOTSUPP, "a device as destination");
	close(fd);
	if (pipe(pipes) != 0)
		bail_out("pipe: %s", strerror(errno));
	refuse(pipes[0], dst, EOPNOTSUPP, "a pipe as source");
	refuse(src, pipes[1], EOPNOTSUPP, "a pipe as destination");
	close(pipes[0]);
	close(pipes[1]);
	close(src);
	close(dst);
}

static void test_same_file(void)
{
	int src = open_file("src", O_RDWR), other, hard;

	if (link("src", "hard") != 0)
		bail_out("link: %s", strerror(errno));
	other = open_file("src", O_WRONLY);
	hard = open_file("hard", O_WRONLY);
	refuse(src, src, EINVAL, "one descriptor twice");
	refuse(src, other, EINVAL, "one file, opened twice");
	refuse(src, hard, EINVAL, "two names of one file");
	close(src);
	close(other);
	close(hard);
	drop("hard");
}

/* ------------------------------------------------------------------ cookies */

/* The pool's only thread is at work on something else: what follows waits for its turn. */
static int hold_up(void)
{
	int cookie = long_start("held", COPYFILE_TRUNCATE);

	wait_for_data(cookie);
	return cookie;
}

/* The caller's descriptors may be closed, and their numbers used for something else. */
static void test_kept(void)
{
	int before, blocker, src, dst, other, cookie;

	put_pattern("src", 300000, 5);
	put_text("dst", "old");
	put_text("other", "other");
	blocker = hold_up();
	before = count_fds();
	src = open_file("src", O_RDONLY);
	dst = open_file("dst", O_WRONLY);
	cookie = start_fds(src, dst, COPYFILE_ASYNC);
	ok(cookie > 0, "a cookie (%d)", cookie);
	ok(count_fds() >= before + 4, "has duplicates of both");
	other = open_file("other", O_RDWR);
	dup2(other, src);
	dup2(other, dst);
	close(src);
	close(dst);
	close(other);
	cancel(blocker);
	is_int(finish(cookie), 0, "it needs only these");
	ok(same_data("src", "dst"), "the data went where it was to go");
	ok(holds("other", "other"), "and nowhere else");

	blocker = hold_up();
	src = open_file("src", O_RDONLY);
	dst = open_file("dst", O_RDWR);
	before = count_fds();
	cookie = start_fds(src, dst, COPYFILE_ASYNC | COPYFILE_STEADY);
	ok(count_fds() <= before + 1, "with STEADY there are no duplicates");
	is_int(cancel(cookie), -ECANCELED, "cancelled while it waits for its turn");
	is_int(last_info().partial, COPYFILE_PARTIAL_NONE, "it leaves the destination alone");
	ok(same_data("src", "dst"), "so it does");
	cookie = start_fds(src, dst, COPYFILE_ASYNC | COPYFILE_STEADY);
	cancel(blocker);
	is_int(finish(cookie), 0, "another one is made");
	is_int(fcntl(src, F_GETFD) | fcntl(dst, F_GETFD), FD_CLOEXEC, "both are open as before");
	close(src);
	close(dst);
}

static void test_cancelled(void)
{
	int src = open_file("long", O_RDONLY), dst, cookie;

	put_text("dst", "old");
	dst = open_file("dst", O_WRONLY);
	cookie = start_fds(src, dst, LONG_FLAGS);
	if (!wait_for_data(cookie))
		skip(2, "the copy was too fast");
	else {
		is_int(cancel(cookie), -ECANCELED, "cancelled");
		is_int(last_info().partial, COPYFILE_PARTIAL_KEPT, "an incomplete file is there");
	}
	close(src);
	close(dst);
}

static int limited(void)
{
	struct rlimit limit = { 65536, 65536 };
	int bad = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 128;
	for (int i = 0; i < SCHEDULES; i++) {
		put_text("dst", "old");
		if (copy_fds("src", "dst", schedules[i].flag) != -EFBIG)
			bad |= 1;
		if (last_info().partial != COPYFILE_PARTIAL_KEPT || !exists("dst"))
			bad |= 2;
	}
	return bad;
}

/* ------------------------------------------------------------------- others */

/* Whatever system locks a file stays locked no longer than it is written to. */
static void test_unlocked(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int src = open_file("src", O_RDONLY), dst = open_file("dst", O_WRONLY), other;

	is_int(finish(start_fds(src, dst, COPYFILE_SYNC)), 0, "a copy");
	other = open_file("dst", O_WRONLY);
	if (fcntl(other, F_OFD_GETLK, &lock) != 0)
		skip(1, "no such locks here");
	else
		is_int(lock.l_type, F_UNLCK, "no lock is left, though the file is still open");
	close(src);
	close(dst);
	close(other);
}

enum { WRITERS = 4, ROUNDS = 30 };

static pthread_barrier_t round_start;
static atomic_int mixed;

/* By descriptors, and by name: each copy is one of the sources, whole. */
static void * write_often(void *arg)
{
	int number = *(int *)arg, ret;
	char src[8];

	snprintf(src, sizeof src, "s%d", number);
	for (int i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&round_start);
		ret = number % 2 ? copy_fds(src, "dst", LONG_FLAGS)
				 : copy(src, "dst", LONG_FLAGS | COPYFILE_TRUNCATE);
		if (ret != 0)
			mixed += 1000;
		pthread_barrier_wait(&round_start);
		if (number == 0 && !same_data("s0", "dst") && !same_data("s1", "dst") &&
		    !same_data("s2", "dst") && !same_data("s3", "dst"))
			mixed++;
	}
	return NULL;
}

static void test_one_at_a_time(void)
{
	pthread_t threads[WRITERS];
	int numbers[WRITERS];
	char name[8];

	put_text("dst", "old");
	pthread_barrier_init(&round_start, NULL, WRITERS);
	for (int i = 0; i < WRITERS; i++) {
		snprintf(name, sizeof name, "s%d", i);
		put_pattern(name, 200000 + i * 10000, i);
		numbers[i] = i;
		pthread_create(&threads[i], NULL, write_often, &numbers[i]);
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&round_start);
	is_int(mixed / 1000, 0, "threads that overwrite one file: no copy fails");
	is_int(mixed % 1000, 0, "it is never a mixture");
}

static int without_proc(void)
{
	int bad = 0;

	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", "/proc", "tmpfs", 0, NULL) != 0)
		return 128;
	for (int i = 0; i < SCHEDULES; i++) {
		put_pattern("dst", 1000, 9);
		if (try_copy(1000, 0, schedules[i].flag) != NULL)
			bad |= 1;
		if (stat_of("src").st_blocks < 8 * MIB / 512 &&
		    stat_of("dst").st_blocks >= 8 * MIB / 512)
			bad |= 2;
	}
	return bad;
}

static void test_without_proc(void)
{
	int bad;

	put_holes("src");
	bad = in_child(without_proc);
	if (bad == 128) {
		skip(2, "cannot hide /proc");
		return;
	}
	ok((bad & 1) == 0, "without /proc: a file with holes is copied, the offsets stay");
	ok((bad & 2) == 0 && bad < 128, "it has holes again");
}

int main(void)
{
	int before = count_fds(), bad;

	scratch_enter("fd");
	test_sizes();
	test_nameless();
	test_attributes();
	put_text("src", "source");
	put_text("dst", "old");
	test_refused_descriptors();
	test_same_file();
	test_refused_flags();
	test_unlocked();
	test_one_at_a_time();
	long_setup(1, 64);
	test_kept();
	test_cancelled();
	put_pattern("src", MIB, 6);
	bad = in_child(limited);
	ok((bad & 1) == 0 && bad < 128, "RLIMIT_FSIZE: EFBIG");
	ok((bad & 2) == 0, "an incomplete file is there, and it is told");
	test_without_proc();
	is_int(copyfile_shutdown(), 0, "shutdown");
	is_int(count_fds(), before, "no descriptor is left behind");
	return done_testing();
}
