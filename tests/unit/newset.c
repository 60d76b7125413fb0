/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * newset: files are made without O_EXCL, and yet each file is new to one copy only, by
 * whatever names they came to it.  (A server on which names that differ in case are one opens
 * the same file for both, as when the same name is given twice.)
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "newset.h"

#include <pthread.h>

#include "dest.h"
#include "scratch.h"
#include "tap.h"

#define THREADS 8
#define NAMES 2000

static struct cf_watch watch;
static struct stat src_stat = { .st_size = 6 };
static struct cf_newset *newset;
static int dir;

/* Files of which account is kept at most; a few more may be under way when that is reached. */
static size_t most;

static void begin(void)
{
	struct stat st;

	remove_tree("d");
	if (mkdir("d", 0755) < 0 || (dir = open("d", O_RDONLY | O_DIRECTORY)) < 0 ||
	    fstat(dir, &st) < 0)
		bail_out("d: %s", strerror(errno));
	newset = cf_newset_new(&st, most);
	if (!newset)
		bail_out("no memory");
}

static void end(void)
{
	cf_newset_free(newset);
	close(dir);
}

static struct cf_dest dest(const char *name)
{
	return (struct cf_dest){
		.dir = dir, .name = name, .mode = 0644, .src = 0, .st = &src_stat, .place = 1,
		.newset = newset, .watch = &watch, .fd = -1,
	};
}

static int publish(struct cf_dest *d)
{
	uint32_t stage;
	int r = cf_dest_set_size(d, 0, true);

	return r < 0 ? r : cf_dest_publish(d, &stage);
}

/* Make name, as an empty file. */
static int make(const char *name)
{
	struct cf_dest d = dest(name);
	int r = cf_dest_open(&d);

	if (r == 0)
		r = publish(&d);
	if (r < 0)
		cf_dest_undo(&d);
	return r;
}

/* Test that name in d is refused with EEXIST, and that nothing is left behind or lost. */
static void is_refused(const char *name, const char *what)
{
	struct cf_dest d = dest(name);
	struct stat before, after;
	int there = fstatat(dir, name, &before, AT_SYMLINK_NOFOLLOW);

	is_int(cf_dest_open(&d), -EEXIST, "%s: EEXIST", what);
	is_int(cf_dest_undo(&d), COPYFILE_PARTIAL_NONE, "%s: nothing is undone", what);
	ok(there == 0 && fstatat(dir, name, &after, AT_SYMLINK_NOFOLLOW) == 0 &&
	   after.st_ino == before.st_ino && after.st_size == before.st_size &&
	   after.st_mtim.tv_nsec == before.st_mtim.tv_nsec,
	   "%s: what is there is as it was", what);
}

static void test_new_and_taken(void)
{
	begin();
	is_int(make("empty"), 0, "a new file is made");
	is_refused("empty", "a file that was made before, and is empty");
	struct cf_dest d = dest("open");
	is_int(cf_dest_open(&d), 0, "another one is made");
	is_refused("open", "a file that is being written");
	is_int(publish(&d), 0, "it is complete");
	put_text("d/full", "full");
	is_refused("full", "a file that is not empty");
	if (symlink("empty", "d/link") < 0 || mkdir("d/dir", 0755) < 0 ||
	    mkfifo("d/fifo", 0644) < 0 || link("d/empty", "d/hard") < 0)
		bail_out("%s", strerror(errno));
	is_refused("link", "a symlink");
	is_refused("dir", "a directory");
	is_refused("fifo", "a FIFO without a reader");
	int reader = open("d/fifo", O_RDONLY | O_NONBLOCK);
	is_refused("fifo", "a FIFO with a reader");
	close(reader);
	is_refused("hard", "a hard link");
	end();
}

/* A file from elsewhere, with two names, which the set does not know */
static void test_hard_link_from_elsewhere(void)
{
	begin();
	put_text("elsewhere", "");
	if (link("elsewhere", "d/hard") < 0)
		bail_out("%s", strerror(errno));
	is_refused("hard", "a hard link to an empty file from elsewhere");
	end();
}

static void test_mode_without_write(void)
{
	struct cf_dest d;

	begin();
	d = dest("ro");
	d.mode = 0444;
	is_int(cf_dest_open(&d), 0, "a file that its owner may not write to is made");
	is_refused("ro", "once more");
	is_int(publish(&d), 0, "it is complete");
	end();
}

/* The inode of a file that was removed is used again, on some file systems at once. */
static void test_undone(void)
{
	struct cf_dest d;
	int r = 0;

	begin();
	for (int i = 0; i < 200 && r == 0; i++) {
		d = dest("undone");
		r = cf_dest_open(&d);
		if (r == 0 && cf_dest_undo(&d) != COPYFILE_PARTIAL_REMOVED)
			r = 1;
	}
	is_int(r, 0, "a file is made and undone, 200 times");
	is_int(make("undone"), 0, "and made for good");
	is_refused("undone", "once more");
	end();
}

static atomic_int made[NAMES], refused, others;

static void *make_all(void *arg)
{
	(void)arg;
	for (int i = 0; i < NAMES; i++) {
		char name[16];

		snprintf(name, sizeof name, "%d", i);
		int r = make(name);
		if (r == 0)
			made[i]++;
		else
			(*(r == -EEXIST ? &refused : &others))++;
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[THREADS];
	int once = 0;

	begin();
	refused = 0;
	for (int i = 0; i < NAMES; i++)
		made[i] = 0;
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, make_all, NULL))
			bail_out("no thread");
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < NAMES; i++)
		once += made[i] == 1;
	is_int(once, NAMES, "of all threads exactly one makes a file");
	is_int(refused, NAMES * (THREADS - 1), "the others are refused");
	is_int(others, 0, "nothing else goes wrong");
	is_int(count_names("d"), NAMES, "there are no other files");
	end();
}

/* What O_EXCL alone can tell: an empty file that no copy of this newset has made. */
static void test_bound(void)
{
	int bad = 0;

	most = 10;
	begin();
	for (char name[] = "0"; *name < '0' + 10; ++*name)
		bad += make(name) != 0;
	is_int(bad, 0, "ten files are made, of which account is kept");
	put_text("d/alien", "");
	is_refused("alien", "then O_EXCL sees to it: an empty file of another process");
	is_int(make("one-more"), 0, "a file is made");
	is_refused("one-more", "once more");
	is_refused("0", "the first one, once more");
	end();
}

int main(void)
{
	const size_t bounds[] = { 0, 1, NAMES / 2, 10 * NAMES };

	scratch_enter("newset");
	for (int i = 0; i < 4; i++) {
		most = bounds[i];
		diag("account is kept of %zu files", most);
		test_new_and_taken();
		test_hard_link_from_elsewhere();
		test_mode_without_write();
		test_undone();
		test_threads();
	}
	test_bound();
	return scratch_done();
}
