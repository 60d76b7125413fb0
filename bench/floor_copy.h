/* SPDX-License-Identifier: GPL-3.0-or-later */
/* floor_copy - what floor does for a file, a symlink and a directory */
#ifndef BENCH_FLOOR_COPY_H
#define BENCH_FLOOR_COPY_H

#include <stdbool.h>
#include <sys/stat.h>

struct options {
	bool attributes;		/* -a */
	bool write;			/* -w */
};

/* A directory, open on both sides */
struct dir {
	struct dir *next;		/* below it on the stack */
	int src, dst;
	struct stat st;			/* of src; set with -a only */
	char *path;			/* of dst; NULL without -a */
};

/* What data goes through with -w: as large as the cache of one core takes it */
#define BUFFER_SIZE (256 * 1024)

/* r if it is no error; else the end, with a message */
long check(long r, const char *what, const char *name);

/* To be called before anything else here */
void copy_init(const struct options *o);

/* Copies the file name of d; buffer has BUFFER_SIZE bytes. */
void copy_file(const struct options *o, const struct dir *d, const char *name, char *buffer);

void copy_symlink(const struct options *o, const struct dir *d, const char *name);

/* Makes the directory dst in parent for src there; returns it, for end_dir() to free. */
struct dir *make_dir(const struct options *o, const struct dir *parent, const char *src,
		     const char *dst);

/* All that is in d has been made. */
void end_dir(const struct options *o, struct dir *d);

#endif
