/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copies that write to one file at the same time: by threads, by processes, by two
 * names of it.  What comes out is one of them, never the bytes of two.
 */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>

#include "claim.h"
#include "scratch.h"
#include "tap.h"

enum { WRITERS = 6, ROUNDS = 40 };

static const size_t sizes[WRITERS] = { 3000, 200000, 400000, 1000, 9000000, 300 };

static void make_sources(void)
{
	char name[8], *buf = malloc(sizes[4]);
	int i;

	for (i = 0; i < WRITERS; i++) {
		snprintf(name, sizeof name, "s%d", i);
		memset(buf, 'a' + i, sizes[i]);
		put(name, buf, sizes[i]);
	}
	free(buf);
}

/* Is dst one of the sources? */
static bool is_one(const char *dst)
{
	char name[8];
	int i;

	for (i = 0; i < WRITERS; i++) {
		snprintf(name, sizeof name, "s%d", i);
		if (same_data(name, dst))
			return true;
	}
	return false;
}

struct writer {
	pthread_t thread;
	int number;
	unsigned long flags;
	pthread_barrier_t *start;
	int failed;		/* copies that have, but for EEXIST */
};

/* To one of two names of one file */
static void *write_often(void *arg)
{
	struct writer *self = arg;
	char src[8];
	int i, ret;

	snprintf(src, sizeof src, "s%d", self->number);
	for (i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(self->start);
		ret = copy(src, self->number % 2 ? "dst" : "name", self->flags);
		if (ret != 0)
			self->failed++;
		pthread_barrier_wait(self->start);
		if (self->number == 0 && !is_one("dst"))
			self->failed += 1000;
	}
	return NULL;
}

static void test_threads(unsigned long flags, const char *what)
{
	struct writer writers[WRITERS];
	pthread_barrier_t start;
	int i, failed = 0;

	pthread_barrier_init(&start, NULL, WRITERS);
	drop("dst");
	drop("name");
	put_text("dst", "old");
	if (link("dst", "name") != 0)
		bail_out("link: %s", strerror(errno));
	for (i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){
			.number = i, .flags = flags | COPYFILE_TRUNCATE, .start = &start,
		};
		pthread_create(&writers[i].thread, NULL, write_often, &writers[i]);
	}
	for (i = 0; i < WRITERS; i++) {
		pthread_join(writers[i].thread, NULL);
		failed += writers[i].failed;
	}
	pthread_barrier_destroy(&start);
	is_int(failed % 1000, 0, "%s: threads that overwrite one file: no copy fails", what);
	is_int(failed / 1000, 0, "%s: it is never a mixture", what);
}

/* As cp: a new file if there is none, else the one that is there */
static int copy_over(const char *src, const char *dst)
{
	int ret = copy(src, dst, COPYFILE_SYNC);

	return ret == -EEXIST ? copy(src, dst, COPYFILE_SYNC | COPYFILE_TRUNCATE) : ret;
}

struct maker {
	const char *src, *dir;
	pthread_barrier_t *start;
	int failed;
};

static void *make_often(void *arg)
{
	struct maker *self = arg;
	char dst[16];
	int i;

	for (i = 0; i < 20 * ROUNDS; i++) {
		snprintf(dst, sizeof dst, "%s/%d", self->dir, i);
		pthread_barrier_wait(self->start);
		if (copy_over(self->src, dst) != 0)
			self->failed++;
	}
	return NULL;
}

/*
 * Two threads make one new file; the second one to come overwrites it.  dir is the name of the
 * directory for one of them; the other one calls it "new".
 */
static void test_new(const char *a, const char *b, const char *dir)
{
	struct maker makers[2] = { { .src = a, .dir = "new" }, { .src = b, .dir = dir } };
	pthread_barrier_t start;
	pthread_t thread;
	int i, mixed = 0;

	pthread_barrier_init(&start, NULL, 2);
	makers[0].start = makers[1].start = &start;
	pthread_create(&thread, NULL, make_often, &makers[1]);
	make_often(&makers[0]);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&start);
	for (i = 0; i < 20 * ROUNDS; i++) {
		char dst[16];

		snprintf(dst, sizeof dst, "new/%d", i);
		mixed += !is_one(dst);
		drop(dst);
	}
	is_int(makers[0].failed + makers[1].failed, 0, "%s and %s in %s: no copy fails", a, b,
	       dir);
	is_int(mixed, 0, "none of %d new files is a mixture", 20 * ROUNDS);
}

static void copy_in_child(const char *src, int n)
{
	while (n-- > 0)
		if (copy_over(src, "dst") != 0)
			_exit(1);
	_exit(copyfile_shutdown() == 0 ? 0 : 2);
}

/* Processes know of each other by a lock. */
static void test_processes(void)
{
	int round, i, status, failed = 0, mixed = 0;

	for (round = 0; round < 30; round++) {
		static const char *const src[] = { "s4", "s2" };

		drop("dst");
		for (i = 0; i < 2; i++) {
			pid_t pid = fork();

			if (pid < 0)
				bail_out("fork: %s", strerror(errno));
			if (pid == 0)
				copy_in_child(src[i], 3);
		}
		while (wait(&status) > 0)
			failed += status != 0;
		mixed += !is_one("dst");
	}
	is_int(failed, 0, "processes that write one file: none fails");
	is_int(mixed, 0, "it is never a mixture");
}

/* A program's own lock of the whole file is not waited for. */
static void test_foreign_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	drop("dst");
	put_text("dst", "old");
	fd = open("dst", O_RDWR | O_CLOEXEC);
	if (fd < 0 || fcntl(fd, F_OFD_SETLK, &lock) != 0)
		bail_out("dst: %s", strerror(errno));
	is_int(copy("s0", "dst", COPYFILE_TRUNCATE), 0, "a file that somebody has locked");
	ok(same_data("s0", "dst"), "is overwritten all the same");
	close(fd);
}

static void *drop_late(void *arg)
{
	usleep(50000);
	cf_claim_drop(arg);
	return NULL;
}

static int copy_claimed(void)
{
	return copy("s0", "dst", COPYFILE_TRUNCATE | COPYFILE_SYNC) != 0;
}

/* Who waits can be cancelled; a child of fork() has nothing to wait for. */
static void test_waiting(void)
{
	struct cf_watch watch = { 0 };
	struct cf_claim ours = { 0 };
	struct stat st;
	pthread_t thread;
	int cookie;

	put_text("dst", "old");
	st = stat_of("dst");
	is_int(cf_claim_inode(&ours, -1, &st, 1, &watch), 0, "a claim");
	cookie = copyfile("s0", "dst", COPYFILE_TRUNCATE | COPYFILE_ASYNC);
	ok(cookie > 0 && !readable(cookie, 50), "a copy to the same inode waits");
	is_int(cancel(cookie), -ECANCELED, "and can be cancelled");
	is_int(last_info().partial, COPYFILE_PARTIAL_NONE, "without having touched it");
	ok(holds("dst", "old"), "it has its contents");
	is_int(in_child(copy_claimed), 0, "a child does not wait");
	cookie = copyfile("s1", "dst", COPYFILE_TRUNCATE | COPYFILE_ASYNC);
	ok(cookie > 0 && !readable(cookie, 20), "another copy waits");
	pthread_create(&thread, NULL, drop_late, &ours);
	is_int(finish(cookie), 0, "until the claim is dropped");
	pthread_join(thread, NULL);
	ok(same_data("s1", "dst"), "and is made then");

	/* One that goes meanwhile is made anew. */
	st = stat_of("dst");
	is_int(cf_claim_inode(&ours, -1, &st, 1, &watch), 0, "a claim");
	cookie = copyfile("s2", "dst", COPYFILE_TRUNCATE | COPYFILE_ASYNC);
	ok(cookie > 0 && !readable(cookie, 20), "a copy waits");
	drop("dst");
	cf_claim_drop(&ours);
	is_int(finish(cookie), 0, "for a file that is removed");
	ok(same_data("s2", "dst"), "and is made all the same");
}

int main(void)
{
	alarm(300);
	scratch_enter("claim");
	make_sources();
	test_threads(COPYFILE_SYNC, "sync");
	test_threads(COPYFILE_ASYNC, "async");
	test_threads(COPYFILE_SYNC | COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE, "by buffer");
	mkdir("new", 0755);
	if (symlink("new", "again") != 0)
		bail_out("symlink: %s", strerror(errno));
	test_new("s0", "s3", "new");
	test_new("s0", "s2", "new");
	test_new("s0", "s3", "again");
	test_new("s0", "s2", "again");
	test_waiting();
	test_foreign_lock();
	is_int(copyfile_shutdown(), 0, "shutdown");
	test_processes();
	return scratch_done();
}
