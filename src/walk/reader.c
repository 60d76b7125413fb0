/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: getdents64(2) on the descriptor by which the directory is in use anyway.
 * readdir(3) would need a second descriptor, and a buffer on the heap, for each directory.
 *
 * ext4 gives the names in the order of a hash.  To open the files in that order moves the arm of
 * a disk from one end to the other: copying a tree took twice as long as in the order of the
 * inodes, in which they were made.  So the names of one call are sorted: for most directories
 * these are all.  A directory that fills the buffer gets a bigger one, of a size that does not
 * grow with the directory.
 */
#include <config.h>

#include "walk/reader.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the kernel writes, one after the other: struct linux_dirent64 of getdents64(2) */
struct reader_record {
	uint64_t ino;
	int64_t off;
	uint16_t size;		/* of the whole record, which is padded */
	uint8_t type;		/* DT_* */
	char name[];
};

/* With an off_t of 64 bits the C library's struct has the same layout. */
#define SAME_LAYOUT(member, d_member, what) \
	static_assert(offsetof(struct reader_record, member) == \
		      offsetof(struct dirent, d_member), what)
SAME_LAYOUT(ino, d_ino, "the inode");
SAME_LAYOUT(size, d_reclen, "the size");
SAME_LAYOUT(type, d_type, "the type");
SAME_LAYOUT(name, d_name, "the name");
static_assert(sizeof(off_t) == sizeof(int64_t), "64 bits, see AC_SYS_LARGEFILE");

/* The bigger buffer: some 7000 names.  Its array of records lies behind it. */
#define BIG_BUFFER (8 * READER_BUFFER)
#define BIG_ORDER (READER_RECORDS(BIG_BUFFER) * sizeof(struct reader_record *))

/* A buffer with less room than this (bytes) left is full: a record has up to 280. */
#define FULL 512

static_assert(BIG_BUFFER % sizeof(void *) == 0, "the array behind it is aligned");

void reader_begin(struct reader *r, int fd)
{
	r->fd = fd;
	r->buf = r->own;
	r->size = sizeof r->own;
	r->order = r->own_order;
	r->next = r->count = 0;
	r->full = r->removed = false;
}

void reader_end(struct reader *r)
{
	if (r->buf != r->own)
		free(r->buf);
	r->buf = NULL;
}

/* The directory is large.  Without memory the buffer stays as it is. */
static void enlarge(struct reader *r)
{
	char *big = malloc(BIG_BUFFER + BIG_ORDER);

	if (!big)
		return;
	r->buf = big;
	r->size = BIG_BUFFER;
	r->order = (const struct reader_record **)(void *)(big + BIG_BUFFER);
}

static int by_inode(const void *a, const void *b)
{
	const struct reader_record *const *x = a, *const *y = b;

	return ((*x)->ino > (*y)->ino) - ((*x)->ino < (*y)->ino);
}

static void reverse(const struct reader_record **a, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		const struct reader_record *record = a[i];

		a[i] = a[n - 1 - i];
		a[n - 1 - i] = record;
	}
}

static bool is_dot_or_dotdot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Set r->order to the entries in the n bytes of the buffer, in the order of their inodes. */
static void sort(struct reader *r, size_t n)
{
	bool up = true, down = true;
	uint64_t last = 0;

	r->next = r->count = 0;
	for (size_t at = 0; at < n;) {
		const struct reader_record *record = (const void *)(r->buf + at);

		at += record->size;
		if (is_dot_or_dotdot(record->name))
			continue;
		assert(r->count < READER_RECORDS(r->size));
		up &= !r->count || last <= record->ino;
		down &= !r->count || last >= record->ino;
		last = record->ino;
		r->order[r->count++] = record;
	}
	if (up)
		return;
	/* tmpfs begins with what was made last. */
	if (down)
		reverse(r->order, r->count);
	else
		qsort(r->order, r->count, sizeof *r->order, by_inode);
}

/* Read the next records into the buffer.  Returns how many bytes, 0 at the end, or -errno. */
static long fill(struct reader *r)
{
	/* The names that the buffer was full of have all been visited. */
	if (r->full && r->buf == r->own)
		enlarge(r);
	long n;

	do
		n = syscall(SYS_getdents64, r->fd, r->buf, r->size);
	while (n < 0 && errno == EINTR);
	/* It has been removed, for which it had to be empty. */
	r->removed = n < 0 && errno == ENOENT;
	if (n < 0)
		return r->removed ? 0 : -errno;
	r->full = (size_t)n + FULL > r->size;
	sort(r, n);
	return n;
}

int reader_next(struct reader *r, struct reader_name *ret)
{
	while (r->next == r->count) {
		long n = fill(r);

		if (n <= 0)
			return (int)n;
	}
	const struct reader_record *record = r->order[r->next++];
	*ret = (struct reader_name){
		.name = record->name, .ino = record->ino, .type = DTTOIF(record->type),
	};
	return 1;
}
