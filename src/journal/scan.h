/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scan - all records of a journal that count, in their order.  Not thread-safe. */
#ifndef PCP_SCAN_H
#define PCP_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal/segment.h"

struct message;
struct record;

/* Segments, one after the other, that were written between two starts of the machine */
struct scan_boot {
	unsigned char id[SEGMENT_ID];
	uint64_t first;			/* the number of the first one */
	uint64_t durable_segment;	/* the place that the last RECORD_DURABLE in them tells: */
	uint64_t durable_at;		/* what comes before it was on stable storage */
};

/* A journal that has been written; also one without any segment.  For scan_close(). */
struct scan {
	int dir;			/* a descriptor of its directory; the caller's */
	uint64_t last;			/* the number of the last segment; 0: there is none */
	struct segment_head head;	/* of the first one that could be read; zeros: none could */
	unsigned char boot[SEGMENT_ID];	/* of this machine now */
	struct scan_boot *boots;	/* from the first one to the last */
	size_t nboots, room;
	unsigned int damaged;		/* segments that are missing, or empty */
};

/*
 * Look at all segments in dir.  Returns NULL; or what is wrong, in words that name the segment,
 * for message_delete(): that something is no segment of a journal, or of another one.
 */
struct message *scan_open(struct scan *s, int dir);

void scan_close(struct scan *s);

/*
 * Call see for each record that counts.  A record that was written before the machine stopped
 * counts if RECORD_DURABLE came after it, and before that stop.  Returns as scan_open().
 */
struct message *scan_all(const struct scan *s, void (*see)(void *arg, const struct record *r),
			 void *arg);

/* Cut off what the last run has not used of its last segment.  Returns 0 or an errno value. */
int scan_cut(const struct scan *s);

#endif
