/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How much has been done, added up over threads: src/base/tally.c */
#include <config.h>

#include <pthread.h>
#include <sys/stat.h>

#include "base/tally.h"
#include "tap.h"

enum { THREADS = 4, ROUNDS = 10000 };

static void *count_files(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		struct tally one = { .bytes = 3 };

		one.entries[KIND_FILE][OUTCOME_COPIED] = 1;
		tally_add(&one);
	}
	return NULL;
}

/* The numbers of threads that have ended stay in the sum. */
static void test_threads(void)
{
	pthread_t threads[THREADS];
	struct tally sum;

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, count_files, NULL) != 0)
			bail_out("no thread can be had");
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	tally_sum(&sum);
	is_int(sum.entries[KIND_FILE][OUTCOME_COPIED], THREADS * ROUNDS, "files of all threads");
	is_int(sum.bytes, 3 * THREADS * ROUNDS, "bytes of all threads");
	is_int(sum.vanished, 0, "what nobody added is 0");
}

static void test_entry(void)
{
	const struct tally_bytes bytes = { .all = 9, .moved = 5, .cloned = 1, .holes = 3 };
	struct tally before, after, one = { .bytes = 9, .bytes_moved = 5, .bytes_cloned = 1,
					    .bytes_holes = 3 };

	one.entries[KIND_SPECIAL][OUTCOME_FAILED] = 1;
	tally_sum(&before);
	tally_add(&one);
	tally_entry(KIND_SPECIAL, OUTCOME_FAILED, &bytes);
	tally_sum(&after);
	is_int(after.entries[KIND_SPECIAL][OUTCOME_FAILED] -
	       before.entries[KIND_SPECIAL][OUTCOME_FAILED], 2, "an entry, in both ways");
	is_int(after.bytes - before.bytes, 18, "its bytes");
	is_int(after.bytes_moved - before.bytes_moved, 10, "those that were moved");
	is_int(after.bytes_cloned - before.bytes_cloned, 2, "cloned");
	is_int(after.bytes_holes - before.bytes_holes, 6, "left out");
}

static void test_take_away(void)
{
	struct tally before, after;

	tally_sum(&before);
	tally_add(&(struct tally){ .vanished = 5, .bytes_left = 10 });
	tally_add(&(struct tally){ .vanished = -(uint64_t)2 });
	tally_sum(&after);
	is_int(after.vanished - before.vanished, 3, "a negative number takes away");
	is_int(after.bytes_left - before.bytes_left, 10, "and leaves the other numbers alone");
	tally_add(&(struct tally){ .vanished = -(uint64_t)9 });
	tally_sum(&after);
	is_int(after.vanished, 0, "no number is ever less than 0");
}

static void test_cap(void)
{
	struct tally sum;

	is_int(tally_plus(INT64_MAX, 1), INT64_MAX, "a sum is at most INT64_MAX");
	is_int(tally_plus(1, UINT64_MAX), INT64_MAX, "also if one number alone is more");
	is_int(tally_plus(INT64_MAX - 1, 1), INT64_MAX, "INT64_MAX itself can be reached");
	tally_add(&(struct tally){ .changed = INT64_MAX });
	tally_add(&(struct tally){ .changed = INT64_MAX });
	tally_sum(&sum);
	is_int(sum.changed, INT64_MAX, "so is what tally_add() adds up");
}

static void test_views(void)
{
	struct tally t = { .bytes = 0 };

	t.entries[KIND_FILE][OUTCOME_COPIED] = 1;
	t.entries[KIND_FILE][OUTCOME_CLONED] = 2;
	t.entries[KIND_FILE][OUTCOME_SKIPPED] = 4;
	t.entries[KIND_FILE][OUTCOME_FAILED] = 8;
	t.entries[KIND_DIR][OUTCOME_FAILED] = 16;
	is_int(tally_of_kind(&t, KIND_FILE), 15, "all of a kind");
	is_int(tally_of_outcome(&t, OUTCOME_FAILED), 24, "all of an outcome");
	is_int(tally_done(&t, KIND_FILE), 3, "what was skipped or failed is not done");
	is_int(tally_done(&t, KIND_DIR), 0, "of another kind, too");
}

static void test_kinds(void)
{
	is_int(tally_kind(S_IFREG | 0644), KIND_FILE, "a regular file");
	is_int(tally_kind(0), KIND_FILE, "an unknown type counts as a file");
	is_int(tally_kind(S_IFDIR), KIND_DIR, "a directory");
	is_int(tally_kind(S_IFLNK), KIND_SYMLINK, "a symbolic link");
	is_int(tally_kind(S_IFIFO), KIND_SPECIAL, "a FIFO");
	is_int(tally_kind(S_IFBLK), KIND_SPECIAL, "a block device");
}

int main(void)
{
	test_threads();
	test_entry();
	test_take_away();
	test_cap();
	test_views();
	test_kinds();
	return done_testing();
}
