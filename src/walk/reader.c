/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: getdents64(2) on the descriptor by which the directory is in use anyway.
 * readdir(3) would need a second descriptor, and a buffer on the heap, for each directory.
 */
#include <config.h>

#include "walk/reader.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the kernel writes, one after the other: struct linux_dirent64 of getdents64(2) */
struct record {
	uint64_t ino;
	int64_t off;
	uint16_t size;		/* of the whole record, which is padded */
	uint8_t type;		/* DT_* */
	char name[];
};

/* With an off_t of 64 bits the C library's struct has the same layout. */
static_assert(offsetof(struct record, ino) == offsetof(struct dirent, d_ino), "the inode");
static_assert(offsetof(struct record, size) == offsetof(struct dirent, d_reclen), "the size");
static_assert(offsetof(struct record, type) == offsetof(struct dirent, d_type), "the type");
static_assert(offsetof(struct record, name) == offsetof(struct dirent, d_name), "the name");
static_assert(sizeof(off_t) == sizeof(int64_t), "64 bits, see AC_SYS_LARGEFILE");

void reader_begin(struct reader *r, int fd)
{
	r->fd = fd;
	r->at = r->end = 0;
}

/* Read the next records into the buffer.  Returns how many bytes, 0 at the end, or -errno. */
static long fill(struct reader *r)
{
	long n;

	do
		n = syscall(SYS_getdents64, r->fd, r->buf, sizeof r->buf);
	while (n < 0 && errno == EINTR);
	/* ENOENT: it has been removed, for which it had to be empty. */
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	r->at = 0;
	r->end = n;
	return n;
}

static bool is_dot_or_dotdot(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

int reader_next(struct reader *r, struct reader_name *ret)
{
	for (;;) {
		if (r->at == r->end) {
			long n = fill(r);

			if (n <= 0)
				return (int)n;
		}
		const struct record *record = (const struct record *)(r->buf + r->at);
		r->at += record->size;
		if (is_dot_or_dotdot(record->name))
			continue;
		*ret = (struct reader_name){
			.name = record->name, .ino = record->ino, .type = DTTOIF(record->type),
		};
		return 1;
	}
}
