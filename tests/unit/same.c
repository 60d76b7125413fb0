/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Two files with different numbers: whether they are one is found out, and a file that is
 * the source itself is left as it was.
 */
#include <config.h>

#include "same.h"

#include <sched.h>
#include <sys/mount.h>

#include "scratch.h"
#include "tap.h"

enum { NO_OVERLAY = 128 };

/* Returns what cf_same_file() says of the copy of src to dst. */
static int same(const char *src, const char *dst)
{
	int from = open(src, O_RDONLY | O_CLOEXEC), to = open(dst, O_RDWR | O_CLOEXEC), r;
	struct stat st = stat_of(src), there = stat_of(dst);

	if (from < 0 || to < 0)
		bail_out("%s, %s: %s", src, dst, strerror(errno));
	r = cf_same_file(from, &st, to, &there);
	close(from);
	close(to);
	return r;
}

static bool perhaps(const char *src, const char *dst)
{
	int from = open(src, O_RDONLY | O_CLOEXEC);
	struct stat st = stat_of(src), there = stat_of(dst);
	bool r = cf_same_perhaps(from, &st, &there);

	close(from);
	return r;
}

/* On one file system that keeps its files itself numbers tell, and nothing is tried. */
static void test_plain(void)
{
	struct stat before;

	put_text("one", "contents");
	put_text("other", "CONTENTS");
	before = stat_of("other");
	is_int(same("one", "other"), 0, "two files of one size are two");
	is_int(stat_of("other").st_size, before.st_size, "nothing was tried");
	is_int(stat_of("other").st_ctim.tv_nsec, before.st_ctim.tv_nsec, "not even for a moment");
	ok(!perhaps("one", "other"), "nor do they look like one");
}

static bool mount_overlay(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("overlay", "merged", "overlay", 0,
		     "lowerdir=lower,upperdir=upper,workdir=work") == 0;
}

/* As a set of bits: what is not as it should be */
static int by_overlay(void)
{
	static const struct timespec then[2] = { { 1000000000, 5 }, { 1100000000, 7 } };
	struct stat before;
	int bad = 0;

	mkdir("lower", 0755);
	mkdir("upper", 0755);
	mkdir("work", 0755);
	mkdir("merged", 0755);
	put_text("lower/file", "contents");
	put_text("lower/equal", "CONTENTS");
	put_text("lower/longer", "contents, and more");
	put_text("lower/empty", "");
	utimensat(AT_FDCWD, "lower/file", then, 0);
	if (!mount_overlay())
		return NO_OVERLAY;
	before = stat_of("lower/file");
	if (!perhaps("merged/file", "lower/file") || perhaps("merged/equal", "lower/file") ||
	    perhaps("merged/empty", "lower/empty"))
		bad |= 1;
	if (same("merged/file", "lower/file") != 1)
		bad |= 2;
	if (!holds("lower/file", "contents") ||
	    stat_of("lower/file").st_mtim.tv_sec != before.st_mtim.tv_sec ||
	    stat_of("lower/file").st_mtim.tv_nsec != before.st_mtim.tv_nsec)
		bad |= 4;
	if (same("merged/longer", "lower/file") != 0 || !holds("lower/file", "contents"))
		bad |= 8;
	if (same("merged/equal", "lower/file") != 0 || !holds("merged/equal", "CONTENTS"))
		bad |= 16;
	if (same("merged/empty", "lower/empty") != 0 || stat_of("lower/empty").st_size != 0)
		bad |= 32;
	return bad;
}

static void test_overlay(void)
{
	static const char *const what[] = {
		"the same size and time look like one file, if it is not empty",
		"a file and what overlayfs shows of it are one",
		"which has its contents and its times then",
		"files of different sizes are two, and left alone",
		"files of one size are two, and the source is left alone",
		"of empty files nothing is tried",
	};
	enum { N = sizeof what / sizeof *what };
	int bad = geteuid() == 0 ? in_child(by_overlay) : NO_OVERLAY;

	if (bad == NO_OVERLAY) {
		skip(N, "overlayfs cannot be mounted");
		return;
	}
	for (int i = 0; i < N; i++)
		ok(!(bad & 1 << i), "%s", what[i]);
}

int main(void)
{
	scratch_enter("same");
	test_plain();
	test_overlay();
	return scratch_done();
}
