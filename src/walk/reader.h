/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader - the names in one directory, as its file system gives them.  A reader is
 * for one thread.
 */
#ifndef PCP_READER_H
#define PCP_READER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes that are asked for at once: as much as the C library asks for */
#define READER_BUFFER 32768

struct reader {
	int fd;			/* the directory; borrowed */
	size_t at, end;		/* in buf: the next record, and the end of what was read */
	_Alignas(uint64_t) char buf[READER_BUFFER];
};

struct reader_name {
	const char *name;	/* in the reader, until the next call */
	ino_t ino;		/* of the name, not of what may be mounted there */
	mode_t type;		/* S_IFMT bits; 0: the file system does not tell */
};

/* Begin at the start of fd, an open directory that nobody else reads. */
void reader_begin(struct reader *r, int fd);

/*
 * The next name, but for "." and "..".  1: *ret is filled in; 0: that was all; or
 * -errno, after which nothing more can be read.  A directory that was removed has
 * no names.
 */
int reader_next(struct reader *r, struct reader_name *ret);

#endif
