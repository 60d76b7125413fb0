/* SPDX-License-Identifier: GPL-3.0-or-later */
/* segment - one file of a journal: a head, and records one after the other.  Not thread-safe. */
#ifndef PCP_SEGMENT_H
#define PCP_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "journal/xxh.h"

struct record;

/* Bytes that identify a boot of a machine, and a journal */
#define SEGMENT_ID 16

struct segment_head {
	uint64_t number;		/* of the segment: 1, 2, ... */
	unsigned char boot[SEGMENT_ID];	/* of the machine that has written it */
	unsigned char journal[SEGMENT_ID];	/* the same in all segments of a journal */
	struct xxh128 options;		/* of what the runs were asked for: likewise */
};

/* A segment that is being written */
struct segment {
	int fd;				/* -1: none */
	unsigned char *map;		/* the whole file */
	size_t size, used;		/* bytes of it */
	uint64_t seed;			/* of the hashes of records: another one in each segment */
};

#define SEGMENT_NONE { .fd = -1 }

/*
 * Make a segment for size bytes of records, in the directory dir.  Returns 0 or an errno value.
 */
int segment_create(struct segment *s, int dir, const struct segment_head *head, size_t size);

/*
 * Append r.  From the return on the record is there for every reader, however this process ends,
 * but not if the machine does.  Returns false if there is no room for it.
 */
bool segment_append(struct segment *s, const struct record *r);

/* Bring the segment number in dir to stable storage.  Returns 0 or an errno value. */
int segment_sync(int dir, uint64_t number);

/* Give back what was not used.  Returns 0 or an errno value. */
int segment_close(struct segment *s);

/* What was found of a segment */
enum segment_state {
	SEGMENT_GOOD,
	SEGMENT_MISSING,		/* there is no such file */
	SEGMENT_UNREADABLE,		/* for errno */
	SEGMENT_EMPTY,			/* it was not written before the machine stopped */
	SEGMENT_FOREIGN,		/* it does not begin as the segments of journals do */
	SEGMENT_OF_OTHER_VERSION
};

/* A segment that is being read; *head is its head */
struct segment_reader {
	unsigned char *bytes;
	size_t len, at;			/* at: where the next record begins */
	uint64_t seed;
	struct segment_head head;
};

/* Read the segment number in dir.  After SEGMENT_GOOD the caller ends with segment_reader_end(). */
enum segment_state segment_read(struct segment_reader *r, int dir, uint64_t number);

/*
 * Returns the next record in *ret; or false at the end, which is where a record is not whole: as
 * one that was being written when the machine, or the process, came to its end.
 */
bool segment_next(struct segment_reader *r, struct record *ret);
void segment_reader_end(struct segment_reader *r);

/* Cut off what comes after the end of the records that were read.  Returns 0 or an errno value. */
int segment_cut(const struct segment_reader *r, int dir);

/* Bytes of a segment's name, with the NUL */
#define SEGMENT_NAME 32

void segment_name(char name[static SEGMENT_NAME], uint64_t number);

/* Returns the number of the segment with that name, or 0 if it is the name of none. */
uint64_t segment_number(const char *name);

#endif
