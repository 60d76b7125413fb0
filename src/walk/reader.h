/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader - the names in one directory, many at a time in the order of their inode numbers.  A
 * reader is for one thread.
 */
#ifndef PCP_READER_H
#define PCP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes that are asked for at first: as many as glibc's readdir(3) asks for */
#define READER_BUFFER 32768

/* A record has 24 bytes at least: so many fit into bytes. */
#define READER_RECORDS(bytes) ((bytes) / 24)

struct reader_record;

struct reader {
	int fd;			/* the directory */
	char *buf;		/* own, or a bigger one */
	size_t size;		/* bytes of buf */
	const struct reader_record **order;	/* the records in buf, sorted */
	size_t next, count;	/* in order: which one is next, how many there are */
	bool full;		/* the last call has filled buf: there is more */
	bool removed;		/* the end was reached because the directory has been removed */
	_Alignas(uint64_t) char own[READER_BUFFER];
	const struct reader_record *own_order[READER_RECORDS(READER_BUFFER)];
};

struct reader_name {
	const char *name;	/* in the reader, until the next call */
	ino_t ino;		/* of the name, not of what may be mounted there */
	mode_t type;		/* S_IFMT bits; 0: the file system does not tell it */
};

/* Read the directory fd, which is borrowed, from where its offset is; free what that took. */
void reader_begin(struct reader *r, int fd);
void reader_end(struct reader *r);

/*
 * Read the next name, except "." and "..".  Returns 1 and fills in *ret; 0 at the end, also
 * if the directory has been removed; or -errno, after which nothing more can be read.
 */
int reader_next(struct reader *r, struct reader_name *ret);

#endif
