/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader - the names in one directory, in the order in which its file system gives them.  A
 * reader is for one thread.
 */
#ifndef PCP_READER_H
#define PCP_READER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Bytes that are asked for at once: as many as glibc's readdir(3) asks for */
#define READER_BUFFER 32768

struct reader {
	int fd;			/* the directory */
	size_t at, end;		/* in buf: where the next record begins, and the last ends */
	_Alignas(uint64_t) char buf[READER_BUFFER];
};

struct reader_name {
	const char *name;	/* in the reader, until the next call */
	ino_t ino;		/* of the name, not of what may be mounted there */
	mode_t type;		/* S_IFMT bits; 0: the file system does not tell it */
};

/* Read the directory fd, which is borrowed, from where its offset is. */
void reader_begin(struct reader *r, int fd);

/*
 * Read the next name, except "." and "..".  Returns 1 and fills in *ret; 0 at the end, also
 * if the directory has been removed; or -errno, after which nothing more can be read.
 */
int reader_next(struct reader *r, struct reader_name *ret);

#endif
