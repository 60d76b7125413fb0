/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A live cookie keeps what it needs: its caller may close its directories, put others
 * in their place, or go elsewhere.  With COPYFILE_STEADY it promises not to, and nothing
 * is kept.
 */
#include <config.h>

#include <sys/resource.h>

#include "scratch.h"
#include "tap.h"

static int open_dir(const char *name)
{
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		bail_out("open %s: %s", name, strerror(errno));
	return fd;
}

/* Make the number of one directory's descriptor that of another */
static void become(int fd, const char *name)
{
	int other = open_dir(name);

	if (dup2(other, fd) != fd)
		bail_out("dup2: %s", strerror(errno));
	close(other);
}

static int start_at(int from, int to, unsigned long flags)
{
	struct copyfile_how how = { .flags = flags };

	return copyfileat(from, "f", to, "g", &how, sizeof how);
}

/* The only thread is at work on something else: what follows waits for its turn */
static int hold_up(void)
{
	int cookie = long_start("held", 0);

	wait_for_data(cookie);
	return cookie;
}

static void check(const char *name, int ret, const char *src, const char *dst)
{
	is_int(ret, 0, "%s: done", name);
	ok(same_data(src, dst), "%s: where it was to be", name);
	is_int(count_names("c"), 0, "%s: not elsewhere", name);
	drop(dst);
}

static void test_replaced_descriptors(unsigned long flags, const char *name)
{
	int blocker = hold_up();
	int from = open_dir("a"), to = open_dir("b");
	int ret = start_at(from, to, flags);

	become(from, "c");
	become(to, "c");
	cancel(blocker);
	check(name, finish(ret), "a/f", "b/g");
	close(from);
	close(to);
}

static void test_one_directory(unsigned long flags, const char *name)
{
	int blocker = hold_up();
	int dir = open_dir("a"), before = count_fds(), ret;

	ret = start_at(dir, dir, flags);
	if (ret > 0)
		ok(count_fds() <= before + 2, "%s: one duplicate is enough (%d)", name,
		   count_fds() - before);
	else
		ok(false, "%s: a cookie (%d)", name, ret);
	close(dir);
	dir = open_dir("c");
	cancel(blocker);
	check(name, finish(ret), "a/f", "a/g");
	close(dir);
}

static void test_chdir(unsigned long flags, const char *name)
{
	int blocker = hold_up(), home = open_dir("."), ret;

	if (chdir("a") != 0)
		bail_out("chdir: %s", strerror(errno));
	ret = copyfile("f", "../b/g", flags);
	if (chdir("../c") != 0)
		bail_out("chdir: %s", strerror(errno));
	cancel(blocker);
	ret = finish(ret);
	if (fchdir(home) != 0)
		bail_out("fchdir: %s", strerror(errno));
	close(home);
	check(name, ret, "a/f", "b/g");
}

static void test_closed(unsigned long flags, const char *name)
{
	int blocker = hold_up();
	int from = open_dir("a"), to = open_dir("b");
	int ret = start_at(from, to, flags);

	close(from);
	close(to);
	cancel(blocker);
	check(name, finish(ret), "a/f", "b/g");
}

static void test_absolute(void)
{
	int blocker = hold_up(), before = count_fds(), ret;
	char src[PATH_MAX + 8], dst[PATH_MAX + 8];

	snprintf(src, sizeof src, "%s/a/f", scratch_dir);
	snprintf(dst, sizeof dst, "%s/b/g", scratch_dir);
	ret = copyfileat(-1, src, -1, dst, &(struct copyfile_how){ COPYFILE_ASYNC, 0 },
			 sizeof(struct copyfile_how));
	ok(count_fds() <= before + 1, "absolute names: nothing is kept for them");
	cancel(blocker);
	check("absolute names", finish(ret), "a/f", "b/g");
}

/* What was kept is let go when the copy has ended, not when that is noticed */
static void test_let_go(void)
{
	int from = open_dir("a"), to = open_dir("b"), before, cookie;

	is_int(finish(start_at(from, to, COPYFILE_ASYNC)), 0, "a copy");
	drop("b/g");
	before = count_fds();
	cookie = start_at(from, to, COPYFILE_ASYNC);
	ok(cookie > 0 && readable(cookie, 60000), "another has ended");
	is_int(count_fds(), before, "and has let go of everything, before it is reaped");
	is_int(finish(cookie), 0, "which it is then");
	drop("b/g");

	cookie = hold_up();
	before = count_fds();
	int waiting = start_at(from, to, COPYFILE_ASYNC);
	ok(count_fds() >= before + 2, "one that waits for its turn keeps its directories");
	is_int(cancel(waiting), -ECANCELED, "until it is cancelled");
	ok(count_fds() <= before + 1, "which lets go of them");
	waiting = start_at(from, to, COPYFILE_ASYNC | COPYFILE_STEADY);
	ok(count_fds() <= before + 1, "with STEADY it keeps none");
	cancel(cookie);
	is_int(finish(waiting), 0, "and is done as well");
	ok(same_data("a/f", "b/g"), "as it should");
	drop("b/g");
	close(from);
	close(to);
}

static void test_bad_descriptor(void)
{
	errno = 0;
	is_int(finish(start_at(-1, AT_FDCWD, COPYFILE_ASYNC)), -EBADF, "no directory is EBADF");
	is_int(errno, EBADF, "with errno set");
	int from = open_dir("a");
	is_int(finish(start_at(from, 1000, 0)), -EBADF, "nor is that one");
	close(from);
}

/* No descriptor is left to keep a directory by */
static int few_descriptors(void)
{
	struct rlimit limit;
	int from = open_dir("a"), to = open_dir("b"), fd, last = 0, bad = 0;

	if (copy("a/f", "b/g", COPYFILE_ASYNC) != 0)	/* so that a cookie is at hand */
		bad |= 1;
	drop("b/g");
	while ((fd = dup(from)) >= 0 && fd < 100)
		last = fd;
	if (last < 10 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 128;
	limit.rlim_cur = last + 1;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 128;
	if (fd >= 0)
		close(fd);
	if (start_at(from, to, COPYFILE_ASYNC) != -EMFILE)
		bad |= 2;
	close(last);
	if (start_at(from, to, COPYFILE_ASYNC) != -EMFILE)
		bad |= 4;
	/* Two for the directories, and two for the files */
	for (fd = last - 3; fd < last; fd++)
		close(fd);
	if (finish(start_at(from, to, COPYFILE_ASYNC)) != 0 || !same_data("a/f", "b/g"))
		bad |= 8;
	drop("b/g");
	return bad;
}

int main(void)
{
	static const unsigned long ways[] = { COPYFILE_ASYNC, 0 };
	static const char *const names[] = { "async", "default" };
	int i;

	scratch_enter("steady");
	mkdir("a", 0755);
	mkdir("b", 0755);
	mkdir("c", 0755);
	/* Big enough for a cookie even where copies do not wait */
	put_pattern("a/f", 3 << 20, 1);
	long_setup(1, 64);
	for (i = 0; i < 2; i++) {
		test_replaced_descriptors(ways[i], names[i]);
		test_closed(ways[i], names[i]);
		test_one_directory(ways[i], names[i]);
		test_chdir(ways[i], names[i]);
	}
	test_absolute();
	test_let_go();
	test_bad_descriptor();
	is_int(in_child(few_descriptors), 0, "without descriptors to keep them by: EMFILE");
	return scratch_done();
}
