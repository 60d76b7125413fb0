/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inodes with several names: what each name becomes, who sees to those that wait, and when an
 * inode is forgotten.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>

#include "copy/links.h"
#include "hash.h"
#include "scratch.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirrefs.h"

enum { INODE = 77, THREADS = 4, NAMES = 500 };

static struct links links;
static struct dirs dirs;
static struct dir cwd;

static bool never(void *arg)
{
	(void)arg;
	return false;
}

static enum link_role meet_of(ino_t ino, nlink_t nlink, const char *name, struct link **ret)
{
	const struct stat st = {
		.st_ino = ino, .st_dev = 1, .st_nlink = nlink, .st_mode = S_IFREG,
	};
	const struct link_name n = { .dir = &cwd, .src = name, .dst = name };

	return links_meet(&links, &st, &n, ret);
}

static enum link_role meet(nlink_t nlink, const char *name, struct link **ret)
{
	return meet_of(INODE, nlink, name, ret);
}

static size_t known(void)
{
	return hash_get_n_entries(links.table);
}

/* Free w, which is to be called name.  Returns true if it was. */
static bool take(struct waiting *w, const char *name)
{
	bool is = w && !strcmp(w->name_dst, name);

	if (w) {
		dir_put(w->dir);
		waiting_free(w);
	}
	return is;
}

static void test_copied(void)
{
	struct link *k, *same;
	bool copied;

	is_int(meet(3, "a", &k), LINK_FIRST, "the first name is copied");
	is_int(meet(3, "b", &same), LINK_WAITS, "one that is met meanwhile waits");
	ok(same == k && links_awaited(&links, k), "for the copy of the same inode");
	ok(links_end(&links, k, true), "the end of the copy has a thread see to it");
	ok(take(links_next(&links, k, &copied), "b") && copied, "it is linked");
	is_int(meet(3, "c", &same), LINK_FURTHER, "a name that is met later is linked at once");
	links_leave(&links, same);
	ok(!links_next(&links, k, &copied), "no further name waits");
	links_leave(&links, k);
	is_int(known(), 0, "an inode is forgotten when all its names were met");
}

static void test_failed(void)
{
	struct link *k, *same;
	const struct link_name b = { .dir = &cwd, .src = "b", .dst = "b" };
	bool copied;

	meet(4, "a", &k);
	meet(4, "b", &same);
	meet(4, "c", &same);
	ok(links_end(&links, k, false), "a copy fails");
	ok(take(links_next(&links, k, &copied), "b") && !copied, "the next name is copied");
	ok(links_rename(&links, k, &b), "by the thread whose turn it is");
	ok(!links_next(&links, k, &copied), "and the others wait for that copy");
	ok(links_end(&links, k, true), "it ends: a thread sees to them");
	links_leave(&links, k);
	ok(take(links_next(&links, k, &copied), "c") && copied, "they are linked");
	ok(!links_next(&links, k, &copied), "until none waits");
	links_leave(&links, k);
	is_int(known(), 1, "a name is still missing");
	is_int(meet(4, "d", &k), LINK_FURTHER, "it is linked when it comes");
	links_leave(&links, k);
	is_int(known(), 0, "and the inode forgotten");
}

/* The copy of a name that waited ends in the thread that sees to the names, or another. */
static void test_end_meanwhile(void)
{
	struct link *k, *same;
	const struct link_name b = { .dir = &cwd, .src = "b", .dst = "b" };
	bool copied;

	meet(3, "a", &k);
	meet(3, "b", &same);
	meet(3, "c", &same);
	links_end(&links, k, false);
	take(links_next(&links, k, &copied), "b");
	links_rename(&links, k, &b);
	ok(!links_end(&links, k, false), "a copy ends meanwhile: no second thread sees to it");
	links_leave(&links, k);
	ok(take(links_next(&links, k, &copied), "c") && !copied, "the first one notices");
	ok(!links_next(&links, k, &copied), "and goes on to the end");
	is_int(known(), 0, "an inode that could not be copied is not waited for");
	is_int(meet(3, "d", &same), LINK_FIRST, "a name that is met after that begins anew");
	ok(same != k, "as an inode of its own");
	links_leave(&links, k);
	links_end(&links, same, false);
	links_next(&links, same, &copied);
	links_leave(&links, same);
}

/* Two threads find at once that the file cannot have one more name. */
static void test_rename_twice(void)
{
	struct link *k, *one, *two;
	const struct link_name b = { .dir = &cwd, .src = "b", .dst = "b" };
	const struct link_name c = { .dir = &cwd, .src = "c", .dst = "c" };
	bool copied;

	meet(3, "a", &k);
	links_end(&links, k, true);
	links_next(&links, k, &copied);
	links_leave(&links, k);
	is_int(meet(3, "b", &one), LINK_FURTHER, "two names are to be linked");
	is_int(meet(3, "c", &two), LINK_FURTHER, "at the same time");
	ok(links_rename(&links, one, &b), "the first one to fail becomes a new copy");
	ok(!links_rename(&links, two, &c), "the second one waits for that");
	links_leave(&links, one);
	links_leave(&links, two);
	ok(links_end(&links, one, true), "the new copy ends");
	ok(take(links_next(&links, one, &copied), "c") && copied, "the second is linked to it");
	ok(!links_next(&links, one, &copied), "and that is all");
	links_leave(&links, one);
	is_int(known(), 0, "the inode is forgotten");
}

static void test_any(void)
{
	struct link *k;
	bool copied;

	meet(LINKS_ANY, "a", &k);
	links_end(&links, k, true);
	links_next(&links, k, &copied);
	links_leave(&links, k);
	for (int i = 0; i < 5; i++) {
		is_int(meet(LINKS_ANY, "a", &k), LINK_FURTHER, "met through symlinks, again");
		links_leave(&links, k);
	}
	is_int(known(), 1, "an inode that may be met any number of times stays");
}

/* Returns true if that is the name of k's copy.  There is no such file. */
static bool copy_is(const struct link *k, const char *name)
{
	bool replaced;
	char *path;
	int err = links_make(&links, k, &cwd, "link", false, false, &replaced, &path);
	const char *slash = path ? strrchr(path, '/') : NULL;
	bool is = err && path && !strcmp(slash ? slash + 1 : path, name);

	if (!is)
		diag("%s: error %d", path ? path : "no name", err);
	free(path);
	return is;
}

static void test_name(void)
{
	static const char *const names[] = {
		"b", "a name with more letters than a pointer has bytes", "c", "another long name",
	};
	const size_t count = sizeof names / sizeof *names;
	struct link *k;
	bool copied;

	dir_pin(&cwd);
	meet_of(INODE + 1, count + 2, "a", &k);
	ok(copy_is(k, "a"), "the copy has the name that was met first");
	for (size_t i = 0; i < count; i++) {
		const struct link_name n = { .dir = &cwd, .src = "x", .dst = names[i] };

		links_end(&links, k, true);
		links_next(&links, k, &copied);
		links_rename(&links, k, &n);
		links_leave(&links, k);
		ok(copy_is(k, names[i]), "a new copy: its name is %s", names[i]);
	}
	links_end(&links, k, false);
	links_next(&links, k, &copied);
	links_leave(&links, k);
	dir_unpin(&cwd);
}

/* ---------------------------------------------------------------- memory */

#if defined __GLIBC__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#if __GLIBC_PREREQ(2, 33)
#define HAVE_USED_MEMORY
static size_t used_memory(void)
{
	const struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}
#endif
#endif

enum { MANY = 50000, FIRST_OF_MANY = 10000 };

static void meet_each(nlink_t nlink)
{
	for (int i = 0; i < MANY; i++) {
		struct link *k;
		bool copied;

		if (meet_of(FIRST_OF_MANY + i, nlink, "f0000001.c", &k) == LINK_FIRST) {
			links_end(&links, k, true);
			links_next(&links, k, &copied);
		}
		links_leave(&links, k);
	}
}

static void test_memory(void)
{
	size_t before = known();

#ifdef HAVE_USED_MEMORY
	size_t used = used_memory();
	meet_each(2);
	/* 64 for the inode with its name, and two to four words in the table */
	size_t each = (used_memory() - used) / MANY;
	ok(each <= 64 + 4 * sizeof(void *), "an inode whose names are awaited: %zu bytes", each);
#else
	meet_each(2);
	skip(1, "the memory in use cannot be counted here");
#endif
	is_int(known(), before + MANY, "all inodes are known until their last name");
	meet_each(2);
	is_int(known(), before, "and forgotten then");
}

/* ---------------------------------------------------------- many threads */

static atomic_int first, waited, further, ended;

static void see_to_names(struct link *k)
{
	struct waiting *w;
	bool copied;

	while ((w = links_next(&links, k, &copied))) {
		ended++;
		dir_put(w->dir);
		waiting_free(w);
	}
	links_leave(&links, k);
}

static void *meet_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < NAMES; i++) {
		struct link *k;

		switch (meet_of(1000 + i, THREADS, "x", &k)) {
		case LINK_FIRST:
			first++;
			if (links_end(&links, k, true))
				see_to_names(k);
			else
				links_leave(&links, k);
			break;
		case LINK_WAITS:
			waited++;
			break;
		case LINK_FURTHER:
			further++;
			links_leave(&links, k);
			break;
		}
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[THREADS];
	size_t before = known();

	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, meet_many, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	is_int(first, NAMES, "many threads: each inode is copied once");
	is_int(first + waited + further, NAMES * THREADS, "and each name has a role");
	is_int(ended, waited, "each name that waited had its turn");
	is_int(known(), before, "all inodes are forgotten");
}

int main(void)
{
	scratch_enter("links");
	dirs_init(&dirs, &(struct dirs_config){ .max_fds = 8, .wait_one = never }, &cwd);
	links_init(&links, false);
	test_copied();
	test_failed();
	test_end_meanwhile();
	test_rename_twice();
	test_any();
	test_name();
	test_memory();
	test_threads();
	links_fini(&links);
	return scratch_done();
}
