/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a segment is mapped, and a record is written to memory that is the file's: so it takes
 * no system call, and outlives the process.  Blocks for the whole segment are taken before that,
 * as there is nobody to hear of a full disk later.
 *
 * A record has its length in front, and a hash of its bytes, its place and the segment's seed.  A
 * record that is not whole, that was damaged, or that is left from another file is therefore
 * none, and the segment ends before it.  The length is written last; a length of 0, as in blocks
 * that were never written, is the end as well.
 *
 *	head	magic and version 16, number 8, boot 16, journal 16, options 16, seed 8, hash 8
 *	record	length 2, hash 4, bytes
 */
#include <config.h>

#include "journal/segment.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/readall.h"
#include "base/retry.h"
#include "journal/record.h"
#include "xalloc.h"

/* What a segment of any version begins with, and then this version */
static const char magic[] = "pcp journal ";
static const char version[] = "0001";

enum {
	MAGIC_LEN = sizeof magic - 1, VERSION_LEN = sizeof version - 1,
	HEAD_NUMBER = MAGIC_LEN + VERSION_LEN, HEAD_BOOT = HEAD_NUMBER + 8,
	HEAD_JOURNAL = HEAD_BOOT + SEGMENT_ID, HEAD_OPTIONS = HEAD_JOURNAL + SEGMENT_ID,
	HEAD_SEED = HEAD_OPTIONS + 16, HEAD_HASH = HEAD_SEED + 8, HEAD_LEN = HEAD_HASH + 8,
	LENGTH_LEN = 2, HASH_LEN = 4, FRAME_LEN = LENGTH_LEN + HASH_LEN
};

/* Bytes of the longest record */
#define LENGTH_MAX UINT16_MAX

/* Segments that this program writes are shorter; it does not read what is longer than this. */
#define FILE_MAX ((off_t)64 << 20)

/* ------------------------------------------------------- numbers and names */

static void put(unsigned char *at, uint64_t n, int len)
{
	for (int i = 0; i < len; i++)
		at[i] = n >> 8 * i;
}

static uint64_t get(const unsigned char *at, int len)
{
	uint64_t n = 0;

	for (int i = 0; i < len; i++)
		n |= (uint64_t)at[i] << 8 * i;
	return n;
}

void segment_name(char name[static SEGMENT_NAME], uint64_t number)
{
	snprintf(name, SEGMENT_NAME, "%08" PRIu64 ".seg", number);
}

uint64_t segment_number(const char *name)
{
	char again[SEGMENT_NAME];
	uint64_t number = strtoumax(name, NULL, 10);

	segment_name(again, number);
	return strcmp(name, again) ? 0 : number;
}

/* Returns the hash in front of a record, which is at that place in its segment. */
static uint32_t frame_hash(const unsigned char *bytes, size_t len, size_t at, uint64_t seed)
{
	return xxh_64(bytes, len, seed + at);
}

/* --------------------------------------------------------------- writing */

static void put_head(struct segment *s, const struct segment_head *head)
{
	unsigned char *at = s->map;

	put(at + HEAD_NUMBER, head->number, 8);
	memcpy(at + HEAD_BOOT, head->boot, SEGMENT_ID);
	memcpy(at + HEAD_JOURNAL, head->journal, SEGMENT_ID);
	put(at + HEAD_OPTIONS, head->options.low, 8);
	put(at + HEAD_OPTIONS + 8, head->options.high, 8);
	put(at + HEAD_SEED, s->seed, 8);
	memcpy(at + MAGIC_LEN, version, VERSION_LEN);
	memcpy(at, magic, MAGIC_LEN);
	put(at + HEAD_HASH, xxh_64(at, HEAD_HASH, 0), 8);
	s->used = HEAD_LEN;
}

/* Map s, a new file.  Returns 0 or an errno value. */
static int map(struct segment *s)
{
	int err;

	do
		err = posix_fallocate(s->fd, 0, s->size);
	while (err == EINTR);
	if (err)
		return err;
	if (RETRY(getrandom(&s->seed, sizeof s->seed, 0)) < (ssize_t)sizeof s->seed)
		return errno;
	s->map = mmap(NULL, s->size, PROT_READ | PROT_WRITE, MAP_SHARED, s->fd, 0);
	return s->map == MAP_FAILED ? errno : 0;
}

int segment_create(struct segment *s, int dir, const struct segment_head *head, size_t size)
{
	char name[SEGMENT_NAME];

	segment_name(name, head->number);
	*s = (struct segment){ .size = HEAD_LEN + size };
	s->fd = RETRY(openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
	if (s->fd < 0)
		return errno;
	int err = map(s);
	if (err) {
		(void)unlinkat(dir, name, 0);
		close(s->fd);
		*s = (struct segment)SEGMENT_NONE;
		return err;
	}
	put_head(s, head);
	return 0;
}

bool segment_append(struct segment *s, const struct record *r)
{
	size_t room = record_room(r);

	if (room > LENGTH_MAX || s->size - s->used < FRAME_LEN + room)
		return false;
	unsigned char *at = s->map + s->used;
	size_t len = record_encode(r, at + FRAME_LEN);
	assert(len && len <= room);
	put(at + LENGTH_LEN, frame_hash(at + FRAME_LEN, len, s->used, s->seed), HASH_LEN);
	/* A signal that kills this process may come between any two instructions. */
	atomic_signal_fence(memory_order_release);
	put(at, len, LENGTH_LEN);
	s->used += FRAME_LEN + len;
	return true;
}

int segment_sync(int dir, uint64_t number)
{
	char name[SEGMENT_NAME];

	segment_name(name, number);
	int fd = RETRY(openat(dir, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW));
	if (fd < 0)
		return errno;
	int err = RETRY(fdatasync(fd)) < 0 ? errno : 0;
	close(fd);
	return err;
}

int segment_close(struct segment *s)
{
	int err = munmap(s->map, s->size) < 0 ? errno : 0;

	if (RETRY(ftruncate(s->fd, s->used)) < 0 && !err)
		err = errno;
	if (close(s->fd) < 0 && errno != EINTR && !err)
		err = errno;
	*s = (struct segment)SEGMENT_NONE;
	return err;
}

/* --------------------------------------------------------------- reading */

static bool is_zero(const unsigned char *bytes, size_t len)
{
	while (len && !*bytes) {
		bytes++;
		len--;
	}
	return !len;
}

static enum segment_state get_head(struct segment_reader *r, uint64_t number)
{
	const unsigned char *at = r->bytes;

	if (is_zero(at, r->len < HEAD_LEN ? r->len : HEAD_LEN))
		return SEGMENT_EMPTY;
	if (r->len < HEAD_NUMBER || memcmp(at, magic, MAGIC_LEN))
		return SEGMENT_FOREIGN;
	if (memcmp(at + MAGIC_LEN, version, VERSION_LEN))
		return SEGMENT_OF_OTHER_VERSION;
	if (r->len < HEAD_LEN || get(at + HEAD_HASH, 8) != xxh_64(at, HEAD_HASH, 0) ||
	    get(at + HEAD_NUMBER, 8) != number)
		return SEGMENT_FOREIGN;
	r->head.number = number;
	memcpy(r->head.boot, at + HEAD_BOOT, SEGMENT_ID);
	memcpy(r->head.journal, at + HEAD_JOURNAL, SEGMENT_ID);
	r->head.options.low = get(at + HEAD_OPTIONS, 8);
	r->head.options.high = get(at + HEAD_OPTIONS + 8, 8);
	r->seed = get(at + HEAD_SEED, 8);
	r->at = HEAD_LEN;
	return SEGMENT_GOOD;
}

enum segment_state segment_read(struct segment_reader *r, int dir, uint64_t number)
{
	char name[SEGMENT_NAME];
	struct stat st;

	*r = (struct segment_reader){ .len = 0 };
	segment_name(name, number);
	/* A FIFO of that name must not be waited for. */
	int fd = RETRY(openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
	if (fd < 0)
		return errno == ENOENT ? SEGMENT_MISSING : SEGMENT_UNREADABLE;
	enum segment_state state = RETRY(fstat(fd, &st)) < 0 ? SEGMENT_UNREADABLE : SEGMENT_GOOD;
	if (state == SEGMENT_GOOD && (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX))
		state = SEGMENT_FOREIGN;
	if (state == SEGMENT_GOOD) {
		r->bytes = xmalloc(st.st_size + 1);
		ssize_t len = readall(fd, r->bytes, st.st_size);
		r->len = len < 0 ? 0 : len;
		state = len < 0 ? SEGMENT_UNREADABLE : get_head(r, number);
	}
	int err = errno;
	close(fd);
	if (state != SEGMENT_GOOD)
		segment_reader_end(r);
	errno = err;
	return state;
}

bool segment_next(struct segment_reader *r, struct record *ret)
{
	const unsigned char *at = r->bytes + r->at;

	if (r->len - r->at < FRAME_LEN)
		return false;
	size_t len = get(at, LENGTH_LEN);
	if (!len || len > r->len - r->at - FRAME_LEN ||
	    get(at + LENGTH_LEN, HASH_LEN) != frame_hash(at + FRAME_LEN, len, r->at, r->seed) ||
	    !record_decode(at + FRAME_LEN, len, ret))
		return false;
	r->at += FRAME_LEN + len;
	return true;
}

void segment_reader_end(struct segment_reader *r)
{
	free(r->bytes);
	r->bytes = NULL;
}

int segment_cut(const struct segment_reader *r, int dir)
{
	char name[SEGMENT_NAME];

	if (r->at == r->len)
		return 0;
	segment_name(name, r->head.number);
	int fd = RETRY(openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
	if (fd < 0)
		return errno;
	int err = RETRY(ftruncate(fd, r->at)) < 0 ? errno : 0;
	close(fd);
	return err;
}
