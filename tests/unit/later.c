/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that are kept: all of them, in the right order, with their types. */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tap.h"
#include "base/later.h"

enum { MANY = 100000 };

/* Takes the next name.  Returns true if it is this one. */
static bool next_is(struct later *l, const char *name, mode_t type)
{
	mode_t got_type = 0;
	const char *got = later_peek(l, &got_type);
	bool same = got && !strcmp(got, name) && got_type == type;

	if (!same)
		diag("got %s, type %o", got ? got : "none", got_type);
	if (got)
		later_skip(l);
	return same;
}

static bool is_empty(const struct later *l)
{
	mode_t type;

	return !later_peek(l, &type);
}

static void test_as_added(void)
{
	struct later l;

	later_init(&l, false);
	ok(is_empty(&l), "as added: none at first");
	later_add(&l, "b", S_IFDIR, 2);
	later_add(&l, "a", S_IFDIR, 1);
	ok(next_is(&l, "b", S_IFDIR), "as added: the first that was added");
	later_add(&l, "c", 0, 0);
	ok(next_is(&l, "a", S_IFDIR), "as added: the second");
	ok(next_is(&l, "c", 0), "as added: one that was added meanwhile, of no known type");
	ok(is_empty(&l), "as added: none is left");
	later_fini(&l);
}

static void test_sorted(void)
{
	struct later l;

	later_init(&l, true);
	later_sort(&l);
	ok(is_empty(&l), "sorted: none at first");
	later_add(&l, "highest", S_IFREG, UINT64_MAX);
	later_add(&l, "", S_IFLNK, 7);
	later_add(&l, "lowest", S_IFSOCK, 1);
	later_add(&l, "high", S_IFBLK, (ino_t)1 << 32);
	later_sort(&l);
	ok(next_is(&l, "lowest", S_IFSOCK), "sorted: the lowest inode");
	ok(next_is(&l, "", S_IFLNK), "sorted: an empty name");
	ok(next_is(&l, "high", S_IFBLK), "sorted: an inode of more than 32 bits");
	ok(next_is(&l, "highest", S_IFREG), "sorted: the highest inode");
	ok(is_empty(&l), "sorted: none is left");
	later_fini(&l);
}

static void test_same_inode(void)
{
	struct later l;
	mode_t type;
	unsigned int seen = 0;
	const char *name;

	later_init(&l, true);
	for (int i = 0; i < 8; i++)
		later_add(&l, (char[]){ '0' + i, '\0' }, S_IFREG, 5);
	later_sort(&l);
	while ((name = later_peek(&l, &type))) {
		seen |= 1u << (*name - '0');
		later_skip(&l);
	}
	is_int(seen, 0xff, "sorted: all names of one inode");
	later_fini(&l);
}

static void test_many(bool sorted)
{
	struct later l;
	char name[32];
	int i, wrong = 0;

	later_init(&l, sorted);
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "%d", i);
		later_add(&l, name, S_IFDIR, sorted ? MANY - i : 1);
	}
	later_sort(&l);
	for (i = 0; i < MANY && wrong < 3; i++) {
		snprintf(name, sizeof name, "%d", sorted ? MANY - 1 - i : i);
		wrong += !next_is(&l, name, S_IFDIR);
	}
	is_int(wrong, 0, "%s: a hundred thousand", sorted ? "sorted" : "as added");
	ok(is_empty(&l), "and no more");
	later_fini(&l);
}

static void test_types(void)
{
	static const mode_t types[] = {
		S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK, 0
	};
	struct later l;
	unsigned int i;

	later_init(&l, false);
	for (i = 0; i < sizeof types / sizeof *types; i++)
		later_add(&l, "x", types[i] | 07777, i);
	for (i = 0; i < sizeof types / sizeof *types; i++)
		ok(next_is(&l, "x", types[i]), "type %o", types[i]);
	later_fini(&l);
}

int main(void)
{
	test_as_added();
	test_sorted();
	test_same_inode();
	test_many(false);
	test_many(true);
	test_types();
	return done_testing();
}
