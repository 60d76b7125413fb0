/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Journals as bytes: src/journal/record.c, segment.c, scan.c and replay.c.  However one is damaged,
 * nothing is taken for done that is not.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal/keyset.h"
#include "journal/record.h"
#include "journal/replay.h"
#include "journal/scan.h"
#include "journal/segment.h"
#include "report/message.h"
#include "scratch.h"

/* A number that has any of 64 lengths */
static uint64_t any_number(void)
{
	uint64_t n = (uint64_t)random() << 40 ^ (uint64_t)random() << 20 ^ random();

	return n >> random() % 64;
}

/* ---------------------------------------------------------------- records */

static const unsigned char some_hash[32] = { 1, 2, 3, 0, 255 };

static struct record any_record(char kind, char *name, char *dst)
{
	static const char letters[] = "fdls";
	struct record r = { .kind = kind };

	for (int i = 0; i < 3; i++) {
		name[i] = 1 + random() % 255;
		dst[i] = 1 + random() % 255;
	}
	name[random() % 4] = dst[random() % 4] = 0;
	r.name = name;
	r.dir = any_number();
	r.parent = any_number();
	r.type = letters[random() % 4];
	r.what = LEDGER_COPIED + random() % 3;
	r.err = any_number();
	r.dst = random() % 2 ? dst : NULL;
	r.made = random() % 2;
	r.has_stat = random() % 2;
	r.size = any_number();
	r.sec = (int64_t)any_number() * (random() % 2 ? 1 : -1);
	r.nsec = any_number();
	r.ino = random() % 2 ? any_number() | 1 : 0;
	r.dev = any_number();
	r.links = any_number();
	r.prefix = any_number();
	r.hash = some_hash;
	r.hash_len = random() % 3 * 16;
	r.src = (struct record_identity){ any_number(), any_number(), any_number(), any_number() };
	r.dst_id = (struct record_identity){ any_number(), 0, 1, any_number() };
	for (int i = 0; i < LEDGER_COUNTS; i++)
		r.sums.n[i] = any_number();
	return r;
}

/* Returns true if what was read, r, is what is written of it again. */
static bool same_again(const struct record *r, const unsigned char *bytes, size_t len)
{
	unsigned char again[1024];

	return record_encode(r, again) == len && !memcmp(bytes, again, len);
}

static void test_records(void)
{
	static const char kinds[] = "ROBEPFCDM";
	int same = 0, cut = 0, n = 0, short_room = 0;

	for (int i = 0; i < 20000; i++) {
		/* No more than these bytes can be read: a sanitizer, or valgrind, sees it. */
		unsigned char bytes[1024], *exact;
		char name[4] = "", dst[4] = "";
		struct record r = any_record(kinds[i % 9], name, dst), got;
		size_t len = record_encode(&r, bytes);

		short_room += len > record_room(&r);
		for (size_t part = len; part > 0; part = part > 1 ? random() % part : 0) {
			exact = malloc(part);
			memcpy(exact, bytes, part);
			bool good = record_decode(exact, part, &got);
			if (part == len) {
				same += good && same_again(&got, bytes, len);
				n++;
			} else {
				cut += good;
			}
			free(exact);
		}
	}
	is_int(same, n, "records are read as they were written");
	is_int(short_room, 0, "and are no longer than they may be");
	is_int(cut, 0, "a part of one is none");
}

static void test_garbage(void)
{
	unsigned char bytes[64];
	struct record got;
	int odd = 0;

	for (int i = 0; i < 200000; i++) {
		size_t len = 1 + random() % sizeof bytes;

		for (size_t at = 0; at < len; at++)
			bytes[at] = random() % 4 ? random() % 8 : random();
		bytes[0] = "ROBEPFCDM"[random() % 9];
		unsigned char *exact = malloc(len);
		memcpy(exact, bytes, len);
		if (record_decode(exact, len, &got) && got.name &&
		    memchr(got.name, 0, len) == NULL)
			odd++;
		free(exact);
	}
	is_int(odd, 0, "random bytes are read without harm");
}

static void test_keys(void)
{
	struct keyset k = KEYSET_EMPTY;
	int missing = 0, twice = 0, wrong = 0;

	/* Names of a few letters, in many directories: their hashes must have nothing in common. */
	for (uint64_t dir = 0; dir < 300; dir++)
		for (int i = 0; i < 300; i++) {
			char name[16];

			snprintf(name, sizeof name, "d%d", i * 7);
			twice += !keyset_add(&k, replay_key(dir, name));
		}
	for (uint64_t dir = 0; dir < 300; dir++)
		for (int i = 0; i < 300 * 7; i++) {
			char name[16];

			snprintf(name, sizeof name, "d%d", i);
			bool has = keyset_has(&k, replay_key(dir, name));
			missing += i % 7 == 0 && !has;
			wrong += i % 7 && has;
		}
	is_int(twice, 0, "90 000 names in 300 directories have different keys");
	is_int(missing, 0, "a key that was added is there");
	is_int(wrong, 0, "no other one is");
	ok(keyset_add(&k, (struct xxh128){ .low = 0 }) &&
	   keyset_has(&k, (struct xxh128){ .low = 0 }), "zeros are a key as well");
	keyset_free(&k);
}

/* ----------------------------------------------------------------- damage */

enum { DIRS = 30, FILES = 20, SEGMENTS = 4 };

/* Of each name in each directory: whether it is done, in the journal that is not damaged */
static bool done[DIRS + 1][FILES + DIRS + 1];

static struct segment segment;
static struct segment_head head;

static void tell(int dir, const struct record *r)
{
	if (segment.fd >= 0 && segment_append(&segment, r))
		return;
	if (segment.fd >= 0 && segment_close(&segment))
		abort();
	head.number++;
	if (segment_create(&segment, dir, &head, 4096) || !segment_append(&segment, r))
		abort();
}

/*
 * Write a journal: directory i is in directory i / 3, and called "d<i>"; each has some files, not
 * all of which are done; those that have no directory in them are complete, but for each fifth.
 */
static void write_journal(int dir, bool all)
{
	char name[16];

	segment = (struct segment)SEGMENT_NONE;
	memset(done, 0, sizeof done);
	tell(dir, &(struct record){ .kind = RECORD_RUN, .name = "words" });
	for (int i = 1; i <= DIRS; i++) {
		snprintf(name, sizeof name, "d%d", i);
		tell(dir, &(struct record){
			.kind = RECORD_BEGUN, .dir = i, .parent = i / 3, .name = name, .made = true,
		});
		for (int f = 0; f < FILES; f++) {
			snprintf(name, sizeof name, "f%d", f);
			if (!all && (i + f) % 4 == 0)
				continue;
			done[i][f] = true;
			tell(dir, &(struct record){
				.kind = RECORD_ENTRY, .dir = i, .name = name, .type = 'f',
				.what = LEDGER_COPIED, .has_stat = true, .size = f,
			});
		}
	}
	for (int i = DIRS; i > 0; i--) {
		if (!all && (i * 3 <= DIRS || i % 5 == 0))
			continue;
		snprintf(name, sizeof name, "d%d", i);
		done[i / 3][FILES + i] = true;
		tell(dir, &(struct record){
			.kind = RECORD_COMPLETE, .dir = i, .parent = i / 3, .name = name,
			.sums.n[LEDGER_SEEN] = FILES, .sums.n[LEDGER_COPIED] = FILES,
		});
	}
	if (all)
		tell(dir, &(struct record){ .kind = RECORD_COMPLETE, .name = "" });
	if (segment_close(&segment))
		abort();
}

/* Returns how many names r takes for done that are not; *ret_done: for done at all. */
static int count_false(const struct replay *r, int *ret_done)
{
	int wrong = 0;

	*ret_done = 0;
	for (int i = 0; i <= DIRS; i++)
		for (int n = 0; n <= FILES + DIRS; n++) {
			char name[16];

			snprintf(name, sizeof name, n < FILES ? "f%d" : "d%d",
				 n < FILES ? n : n - FILES);
			if (!replay_is_done(r, i, name))
				continue;
			++*ret_done;
			wrong += !done[i][n];
		}
	return wrong;
}

/* Load the journal; returns as count_false(), or -1 if it is refused. */
static int load(int dir, int *ret_done, bool *ret_complete)
{
	struct replay r = { .complete = false };
	struct scan s;
	struct message *wrong = scan_open(&s, dir);
	int result = -1;

	*ret_done = 0;
	*ret_complete = false;
	if (!wrong)
		wrong = replay_load(&r, &s);
	if (!wrong) {
		result = count_false(&r, ret_done);
		*ret_complete = r.complete;
	}
	message_delete(wrong);
	replay_free(&r);
	scan_close(&s);
	return result;
}

/* Write len bytes of a segment, with damage at one place. */
static void write_damaged(int dir, const char *name, const unsigned char *bytes, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_TRUNC);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len || close(fd))
		abort();
}

static void test_damage(int dir, bool all)
{
	unsigned char bytes[8192], damaged[8192];
	int refused = 0, wrong = 0, n = 0, intact, complete_falsely = 0;
	bool complete;

	write_journal(dir, all);
	is_int(load(dir, &intact, &complete), 0, "an intact journal tells nothing false");
	ok(complete == all, "it is %scomplete", all ? "" : "not ");
	diag("%d names are done, %d segments", intact, (int)head.number);
	/* They take ten times as long with a sanitizer. */
	const char *sanitizers = getenv("SANITIZERS");
	const int rounds = sanitizers && *sanitizers ? 500 : 4000;

	for (int round = 0; round < rounds; round++) {
		char name[SEGMENT_NAME];
		int done_now;

		segment_name(name, 1 + random() % head.number);
		int fd = openat(dir, name, O_RDONLY);
		ssize_t len = read(fd, bytes, sizeof bytes), part = len;
		close(fd);
		memcpy(damaged, bytes, len);
		switch (random() % 4) {
		case 0:
			damaged[random() % len] ^= 1 << random() % 8;
			break;
		case 1:
			part = random() % len;
			break;
		case 2:
			memset(damaged + random() % len, 0, 1);
			break;
		case 3:
			/* What is before that goes, as from a disk that has not written it. */
			memmove(damaged, damaged + random() % len, 1);
			memset(damaged, 0, random() % len);
			break;
		}
		write_damaged(dir, name, damaged, part);
		int r = load(dir, &done_now, &complete);
		refused += r < 0;
		wrong += r > 0 ? r : 0;
		complete_falsely += complete && !all;
		n++;
		write_damaged(dir, name, bytes, len);
	}
	is_int(wrong, 0, "%d damaged journals tell nothing false (%d were refused)", n, refused);
	is_int(complete_falsely, 0, "none is complete that was not");
	is_int(load(dir, &n, &complete), 0, "afterwards it is intact again");
	is_int(n, intact, "and tells as much");
	for (uint64_t i = 1; i <= head.number; i++) {
		char name[SEGMENT_NAME];

		segment_name(name, i);
		unlinkat(dir, name, 0);
	}
	head.number = 0;
}

static void test_boots(int dir)
{
	const struct record begun = {
		.kind = RECORD_BEGUN, .dir = 1, .name = "d1", .made = true,
	};
	const struct record first = {
		.kind = RECORD_ENTRY, .dir = 1, .name = "first", .type = 'f', .what = LEDGER_COPIED,
	};
	const struct record second = {
		.kind = RECORD_ENTRY, .dir = 1, .name = "second", .type = 'f',
		.what = LEDGER_COPIED,
	};
	const struct record target = { .kind = RECORD_TARGET, .name = "/copy" };
	struct replay r;
	struct scan s;

	/* Before the machine was started again: all but the last record was on stable storage. */
	head.boot[0] ^= 1;
	segment = (struct segment)SEGMENT_NONE;
	tell(dir, &begun);
	tell(dir, &first);
	struct record durable = {
		.kind = RECORD_DURABLE, .dir = head.number, .parent = segment.used,
	};
	/* It is brought to stable storage while more is recorded. */
	tell(dir, &second);
	tell(dir, &target);
	tell(dir, &durable);
	if (segment_close(&segment))
		abort();
	message_delete(scan_open(&s, dir));
	message_delete(replay_load(&r, &s));
	ok(replay_is_done(&r, 1, "first"), "what was on stable storage counts after a boot");
	ok(!replay_is_done(&r, 1, "second"), "what was not does not");
	ok(r.target && !strcmp(r.target, "/copy"), "but for the name that the copy was given");
	replay_free(&r);
	scan_close(&s);

	/* A later run, after that boot, has something on stable storage; not what was lost. */
	head.boot[0] ^= 1;
	durable = (struct record){
		.kind = RECORD_DURABLE, .dir = head.number, .parent = segment.used,
	};
	tell(dir, &durable);
	if (segment_close(&segment))
		abort();
	message_delete(scan_open(&s, dir));
	message_delete(replay_load(&r, &s));
	ok(!replay_is_done(&r, 1, "second"), "nor does it after the next run");
	replay_free(&r);
	scan_close(&s);
}

int main(void)
{
	scratch_enter("journal");
	srandom(1);
	test_records();
	test_garbage();
	test_keys();
	mkdir("journal", 0700);
	int dir = open("journal", O_RDONLY | O_DIRECTORY);
	struct scan s;
	message_delete(scan_open(&s, dir));
	memcpy(head.boot, s.boot, SEGMENT_ID);
	scan_close(&s);
	test_damage(dir, false);
	test_damage(dir, true);
	test_boots(dir);
	close(dir);
	return scratch_done();
}
