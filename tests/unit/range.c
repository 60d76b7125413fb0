/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One file, moved in ranges by several threads: every byte arrives at its place,
 * and what goes wrong is told, whichever thread met it.
 */
#include <config.h>

#include "range.h"

#include <pthread.h>

#include "pause.h"
#include "pool.h"
#include "scratch.h"
#include "tap.h"

enum { CHUNK = 64 * 1024, SIZE = 32 * 1024 * 1024 + 12345 };

static struct cf_watch watch;

/* A file in which every four bytes say where they are */
static void make_source(const char *name, size_t size)
{
	uint32_t *words = malloc(size + 4);
	size_t i;
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	if (!words || fd < 0)
		bail_out("cannot make %s", name);
	for (i = 0; i <= size / 4; i++)
		words[i] = i * 2654435761U;
	for (i = 0; i < size;) {
		ssize_t n = write(fd, (char *)words + i, size - i);

		if (n <= 0)
			bail_out("cannot fill %s", name);
		i += n;
	}
	close(fd);
	free(words);
}

static bool same(const char *a, const char *b)
{
	char command[256];

	snprintf(command, sizeof command, "cmp -s '%s' '%s'", a, b);
	return system(command) == 0;
}

static off_t size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? st.st_size : -1;
}

static off_t move(const char *src, off_t at, off_t end, bool by_buffer, int dst_flags)
{
	struct cf_range r = {
		.src = open(src, O_RDONLY), .dst = open("dst", dst_flags, 0666), .at = at,
		.end = end, .chunk = CHUNK, .by_buffer = by_buffer, .watch = &watch,
	};

	cf_relaxed_set(watch.moved, 0);
	cf_relaxed_set(watch.done, 0);
	off_t moved = cf_range_move(&r);
	close(r.src);
	close(r.dst);
	return moved;
}

static const int fresh = O_RDWR | O_CREAT | O_TRUNC;

static void test_whole(bool by_buffer)
{
	const char *how = by_buffer ? "by buffer" : "in the kernel";
	int i;

	for (i = 0; i < 3; i++) {
		is_int(move("src", 0, SIZE, by_buffer, fresh), SIZE, "%s: all of it", how);
		ok(same("src", "dst"), "is the same");
		is_int(cf_relaxed_get(watch.moved), SIZE, "and counted");
	}
}

static void test_part(bool by_buffer)
{
	const off_t at = 1000003;

	is_int(move("src", 0, at, by_buffer, fresh), at, "the first part");
	is_int(size_of("dst"), at, "is as long");
	is_int(move("src", at, SIZE, by_buffer, O_RDWR), SIZE, "then the rest");
	ok(same("src", "dst"), "is all of it");
}

/* The size was a lie, or is not true any more. */
static void test_shorter(bool by_buffer)
{
	is_int(move("src", 0, SIZE + 10 * CHUNK, by_buffer, fresh), SIZE,
	       "a source that is shorter ends the copy");
	is_int(size_of("dst"), SIZE, "which is no longer");
	ok(same("src", "dst"), "and the same");
}

static void test_failure(bool by_buffer)
{
	move("src", 0, 1, by_buffer, fresh);
	ok(move("src", 0, SIZE, by_buffer, O_RDONLY) < 0, "what can't be written to fails");
	is_int(cf_relaxed_get(watch.stage), by_buffer ? COPYFILE_WRITE : COPYFILE_MOVE,
	       "at the right stage");
	cf_relaxed_set(watch.cancel, true);
	is_int(move("src", 0, SIZE, by_buffer, fresh), -ECANCELED, "a cancel stops it");
	cf_relaxed_set(watch.cancel, false);
}

static off_t moved_in_thread;

static void * move_long(void *arg)
{
	/* As a thread of the pool, or one of its helpers, counts */
	if (!cf_pool_reserve_thread())
		bail_out("no thread may be reserved");
	moved_in_thread = move("long", 0, LONG_SIZE, *(bool *)arg, fresh);
	cf_pool_release_thread();
	return NULL;
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

/* Each of the threads may be in a call that moves a chunk when the pause begins. */
enum { MOST_AFTER_PAUSE = 8 * CHUNK };

/* All threads that move the file stand still, and go on. */
static void test_pause(bool by_buffer, bool end_by_cancel)
{
	int pauses = 0, moved_on = 0;
	pthread_t thread;

	cf_relaxed_set(watch.done, 0);
	pthread_create(&thread, NULL, move_long, &by_buffer);
	while (cf_relaxed_get(watch.done) < LONG_SIZE / 2) {
		uint64_t done;

		cf_pause_begin(&watch);
		done = cf_relaxed_get(watch.done);
		sleep_ms(30);
		moved_on += cf_relaxed_get(watch.done) > done + MOST_AFTER_PAUSE;
		pauses++;
		if (end_by_cancel && done > 0)
			break;
		cf_pause_end(&watch);
		sleep_ms(5);
	}
	ok(pauses > 0 && moved_on == 0,
	   "paused %d times, no more moves than was under way", pauses);
	if (end_by_cancel)
		cf_relaxed_set(watch.cancel, true);
	cf_pause_end(&watch);
	pthread_join(thread, NULL);
	is_int(moved_in_thread, end_by_cancel ? -ECANCELED : LONG_SIZE,
	       end_by_cancel ? "a cancel ends the pause" : "in the end all is moved");
	cf_relaxed_set(watch.cancel, false);
}

/* Others may wait for a small file, so it is not left half done: this would sleep for ever. */
static void test_small_is_not_paused(bool by_buffer)
{
	cf_pause_begin(&watch);
	is_int(move("src", 0, CF_PAUSE_MORE_THAN, by_buffer, fresh), CF_PAUSE_MORE_THAN,
	       "a small file is moved in spite of a pause");
	cf_pause_end(&watch);
}

int main(void)
{
	int i;

	scratch_enter("range");
	make_source("src", SIZE);
	/* The pool's limits are those of the last copy; without one there are no helpers. */
	put_text("small", "source");
	is_int(finish(copyfile("small", "other", COPYFILE_ASYNC)), 0, "a copy by the pool");
	for (i = 0; i < 2; i++) {
		test_whole(i);
		test_part(i);
		test_shorter(i);
		test_failure(i);
		test_small_is_not_paused(i);
	}
	put_hole("long", LONG_SIZE);
	for (i = 0; i < 2; i++) {
		test_pause(i, false);
		test_pause(i, true);
	}
	return done_testing();
}
