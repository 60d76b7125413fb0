/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which names are the same entry of the same directory, and a set of names. */
#include <config.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/names.h"
#include "hash.h"
#include "scratch.h"
#include "tap.h"

static int same(const char *a, const char *b)
{
	return names_same(AT_FDCWD, a, AT_FDCWD, b, 0);
}

static void test_same(void)
{
	if (mkdir("dir", 0755) != 0 || mkdir("dir/sub", 0755) != 0 || symlink("dir", "link") != 0)
		bail_out("cannot make directories: %s", strerror(errno));
	put_text("dir/file", "");
	if (link("dir/file", "dir/other") != 0)
		bail_out("cannot link: %s", strerror(errno));
	is_int(same("dir/file", "dir/file"), 1, "a name and itself");
	is_int(same("dir/file", "./dir//file"), 1, "written in another way");
	is_int(same("dir/file", "dir/sub/../file"), 1, "by way of another directory");
	is_int(same("dir/sub", "dir/sub/"), 1, "a slash at the end");
	is_int(same("dir/none", "./dir/none"), 1, "what does not exist");
	is_int(same("dir", "./dir"), 1, "in the working directory");
	is_int(same("dir/file", "dir/other"), 0, "two names of one file");
	is_int(same("dir/file", "file"), 0, "in another directory");
	is_int(same("dir/fil", "dir/file"), 0, "the beginning of a name");
	is_int(same("none/file", "none/file"), -1, "in a directory that does not exist");
	is_int(errno, ENOENT, "which errno tells");
}

static void test_below(void)
{
	static const struct {
		const char *name, *dir, *rest;
	} cases[] = {
		{ "a/b", "a", "/b" }, { "a/b", "a/", "/b" }, { "a", "a//", "" },
		{ "a//b", "a", "//b" }, { "a/", "a", "/" },
		{ "ab", "a", NULL }, { "a", "ab", NULL }, { "/a", "a", NULL },
		{ "/a/b", "/", "/a/b" }, { "a", "/", NULL }, { "x//y/z", "x/y", "/z" },
		{ "x/y/z", "x///y//", "/z" }, { "x/./y", "x/y", NULL }, { "x/./y", "x/.", "/y" },
		{ "/a", "", NULL }, { "", "", NULL },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *rest = names_below(cases[i].name, cases[i].dir);

		ok(rest ? cases[i].rest && !strcmp(rest, cases[i].rest) : !cases[i].rest,
		   "\"%s\" below \"%s\"", cases[i].name, cases[i].dir);
	}
}

static void test_same_at(void)
{
	int dir = open("dir", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	is_int(names_same(dir, "file", AT_FDCWD, "dir/file", 0), 1, "relative to a directory");
	is_int(names_same(dir, "file", AT_FDCWD, "file", 0), 0, "relative to two directories");
	is_int(same("dir/file", "link/file"), 1, "through a symlink, if those are followed");
	is_int(names_same(AT_FDCWD, "dir/file", AT_FDCWD, "link/file", AT_SYMLINK_NOFOLLOW), 0,
	   "through a symlink, if those are not followed");
	close(dir);
}

static void test_set(void)
{
	struct hash_table *set = names_new();
	char name[16] = "a";
	int i, missing = 0;

	ok(!names_have(set, "a"), "an empty set");
	ok(names_add(set, name), "a new name");
	strcpy(name, "b");
	ok(names_have(set, "a") && !names_have(set, "b"), "the set has a copy");
	ok(!names_add(set, "a"), "a name that is there");
	names_remove(set, "a");
	ok(!names_have(set, "a"), "a name that was removed");
	names_remove(set, "a");
	ok(names_add(set, "a"), "and is added again");
	for (i = 0; i < 10000; i++) {
		snprintf(name, sizeof name, "%d", i);
		names_add(set, name);
	}
	for (i = 0; i < 10000; i++) {
		snprintf(name, sizeof name, "%d", i);
		missing += !names_have(set, name);
	}
	is_int(missing, 0, "ten thousand names");
	hash_free(set);
}

int main(void)
{
	scratch_enter("names");
	test_same();
	test_same_at();
	test_below();
	test_set();
	return done_testing();
}
