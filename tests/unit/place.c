/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* place: which copies are in one directory, and between the same file systems. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "place.h"

#include "scratch.h"
#include "tap.h"

/* Uses until a directory is looked at again: more than place.c has */
enum { MANY = 2000 };

static bool same_place(struct cf_place a, struct cf_place b)
{
	return a.dir == b.dir && a.pair == b.pair;
}

static struct cf_place here(const char *src, const char *dst)
{
	return cf_place_of(AT_FDCWD, src, AT_FDCWD, dst);
}

static int open_dir(const char *name)
{
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		bail_out("open %s: %s", name, strerror(errno));
	return fd;
}

static void test_directories(void)
{
	int a = open_dir("a"), b = open_dir("b");
	struct cf_place in_a = cf_place_of(b, "x", a, "x");

	ok(same_place(in_a, cf_place_of(b, "y", a, "z")), "two files, one directory");
	ok(in_a.dir != cf_place_of(a, "x", b, "x").dir, "two directories");
	is_int(in_a.pair, cf_place_of(a, "x", b, "x").pair, "on one file system");
	ok(cf_place_same_fs(in_a.dir, cf_place_of(a, "x", b, "x").dir), "which they tell as well");
	ok(in_a.dir != cf_place_of(b, "x", a, "sub/x").dir, "a directory within");
	ok(here("x", "a/x").dir == here("x", "a/y").dir, "by name");
	ok(here("x", "a/x").dir != here("x", "b/x").dir, "and others by name");
	close(a);
	close(b);
}

/* An absolute name needs no descriptor. */
static void test_absolute(void)
{
	char name[PATH_MAX + 8];

	snprintf(name, sizeof name, "%s/a/x", scratch_dir);
	ok(same_place(cf_place_of(-1, name, -1, name), cf_place_of(77, name, AT_FDCWD, name)),
	   "absolute names: the descriptors do not matter");
	is_int(cf_place_of(-1, name, -1, name).pair, here("x", "y").pair,
	       "the file systems are those of relative names");
}

static void test_pairs(void)
{
	uint64_t local = here("x", "y").pair;
	uint64_t from_proc = here("/proc/x", "y").pair, to_proc = here("x", "/proc/y").pair;

	if (stat_of("/proc").st_dev == stat_of(".").st_dev || !exists("/proc/self")) {
		skip(4, "no /proc");
		return;
	}
	ok(!cf_place_same_fs(here("x", "y").dir, here("x", "/proc/y").dir),
	   "directories of two file systems");
	ok(local != from_proc && local != to_proc, "file systems are told apart");
	ok(from_proc != to_proc, "and in which direction it goes");
	ok(here("/proc/x", "/proc/y").pair != local, "on both sides");
}

static void test_unknown(void)
{
	char deep[PATH_MAX + 100];

	ok(here("absent/x", "absent/y").pair != 0, "a directory that is not there");
	ok(cf_place_of(-1, "x", 9999, "y").pair != 0, "no directory");
	memset(deep, 'd', sizeof deep);
	memcpy(deep + sizeof deep - 3, "/x", 3);
	ok(here(deep, deep).pair != 0, "a name that is too long");
}

/* A descriptor that means another directory: that is found out in the end. */
static void test_trust(void)
{
	int fd = open_dir("a"), proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t local = cf_place_of(fd, "x", fd, "x").pair;

	if (proc < 0 || stat_of("/proc").st_dev == stat_of(".").st_dev) {
		skip(2, "no /proc");
		return;
	}
	dup2(proc, fd);
	is_int(cf_place_of(fd, "x", fd, "x").pair, local, "a directory is not looked at each time");
	for (int i = 0; i < MANY; i++)
		(void)cf_place_of(fd, "x", fd, "x");
	is_int(cf_place_of(fd, "x", fd, "x").pair, here("/proc/x", "/proc/x").pair,
	       "but now and then");
	close(fd);
	close(proc);
}

static void test_files(void)
{
	int a, b, proc;

	put_text("a/f", "source");
	put_text("b/f", "destination");
	a = open("a/f", O_RDONLY | O_CLOEXEC);
	b = open("b/f", O_WRONLY | O_CLOEXEC);
	ok(same_place(cf_place_of_files(a, b), cf_place_of_files(b, a)),
	   "two files of one file system");
	is_int(cf_place_of_files(a, b).pair, here("x", "y").pair,
	       "the pair is that of copies by name");
	proc = open("/proc/version", O_RDONLY | O_CLOEXEC);
	if (proc < 0)
		skip(2, "no /proc");
	else {
		is_int(cf_place_of_files(proc, b).pair, here("/proc/x", "y").pair,
		       "also between two file systems");
		dup2(proc, a);
		is_int(cf_place_of_files(a, b).pair, here("/proc/x", "y").pair,
		       "what a descriptor means is looked at each time");
		close(proc);
	}
	close(a);
	close(b);
	ok(cf_place_of_files(-1, 9999).pair != 0, "no files");
}

int main(void)
{
	scratch_enter("place");
	mkdir("a", 0755);
	mkdir("a/sub", 0755);
	mkdir("b", 0755);
	test_directories();
	test_absolute();
	test_pairs();
	test_unknown();
	test_trust();
	test_files();
	return done_testing();
}
