/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: getdents64(2) on the descriptor by which the directory is in use anyway.
 * readdir(3) would need a descriptor and a buffer on the heap for each directory.
 *
 * Every error is returned.  None of them says anything about other directories.
 */
#include <config.h>

#include "walk/reader.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the kernel writes, one after the other; see getdents64(2). */
struct record {
	uint64_t ino;
	int64_t off;
	uint16_t size;		/* of the whole record, which is padded */
	uint8_t type;		/* DT_* */
	char name[];
};

void reader_begin(struct reader *r, int fd)
{
	r->fd = fd;
	r->at = r->end = 0;
}

/* Bytes, 0 at the end, or -errno */
static long fill(struct reader *r)
{
	long n;

	do
		n = syscall(SYS_getdents64, r->fd, r->buf, sizeof r->buf);
	while (n < 0 && errno == EINTR);
	/* Removed meanwhile, for which it had to be empty */
	if (n < 0)
		return errno == ENOENT ? 0 : -errno;
	r->at = 0;
	r->end = n;
	return n;
}

static int dot_or_dotdot(const char *name)
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
		if (dot_or_dotdot(record->name))
			continue;
		*ret = (struct reader_name){
			.name = record->name, .ino = record->ino, .type = DTTOIF(record->type),
		};
		return 1;
	}
}
