/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: segments are read one at a time, as often as the caller wants to see them, so that
 * memory does not grow with the journal.  A segment that is missing, or ends early, takes only
 * records away: each record is true by itself, and what is not recorded is done again.
 *
 * The page cache outlives a process, but not the machine.  So what was written since this boot
 * counts to the last record; what is older counts up to the last record of its own boot that says
 * that all before it, and what that tells of, was on stable storage.  What was lost by a stop of
 * the machine does not come back by what later runs bring there.  What the name of the copy was
 * meant to be is true whatever was lost.
 */
#include <config.h>

#include "journal/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/retry.h"
#include "journal/record.h"
#include "report/message.h"
#include "xalloc.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

/* Set id to that of this boot.  Returns false if it cannot be known. */
static bool get_boot(unsigned char id[static SEGMENT_ID])
{
	char text[64];
	int fd = RETRY(open(BOOT_ID, O_RDONLY | O_CLOEXEC));
	ssize_t n = fd < 0 ? -1 : RETRY(read(fd, text, sizeof text));

	if (fd >= 0)
		close(fd);
	if (n < 36)
		return false;
	for (int i = 0, at = 0; i < SEGMENT_ID; i++, at += 2) {
		if (text[at] == '-')
			at++;
		char digits[] = { text[at], text[at + 1], 0 };
		id[i] = strtoul(digits, NULL, 16);
	}
	return true;
}

/* Returns the greatest number of a segment in dir, or 0; -1 with errno set after a failure. */
static int64_t find_last(int dir)
{
	int fd = RETRY(openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	uint64_t last = 0;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	while (errno = 0, (entry = readdir(stream))) {
		uint64_t number = segment_number(entry->d_name);

		last = number > last ? number : last;
	}
	int err = errno;
	closedir(stream);
	errno = err;
	return err ? -1 : (int64_t)last;
}

/* Returns what is wrong with the segment number, in words; NULL: nothing that matters. */
static struct message *complaint(enum segment_state state, uint64_t number)
{
	char name[SEGMENT_NAME];

	segment_name(name, number);
	switch (state) {
	case SEGMENT_UNREADABLE:
		return message_new(errno, "cannot read %s", name);
	case SEGMENT_FOREIGN:
		return message_new(0, "%s is not a part of a journal, or is damaged", name);
	case SEGMENT_OF_OTHER_VERSION:
		return message_new(0, "%s was written by another version of pcp", name);
	default:
		return NULL;
	}
}

/* Returns the boot in which r was written; segments come in their order. */
static struct scan_boot *boot_of(struct scan *s, const struct segment_reader *r)
{
	struct scan_boot *last = s->nboots ? &s->boots[s->nboots - 1] : NULL;

	if (last && !memcmp(last->id, r->head.boot, SEGMENT_ID))
		return last;
	if (s->nboots == s->room)
		s->boots = x2nrealloc(s->boots, &s->room, sizeof *s->boots);
	last = &s->boots[s->nboots++];
	*last = (struct scan_boot){ .first = r->head.number };
	memcpy(last->id, r->head.boot, SEGMENT_ID);
	return last;
}

/* Note what segment r says of the whole journal.  Returns as scan_open(). */
static struct message *note(struct scan *s, struct segment_reader *r)
{
	char name[SEGMENT_NAME];
	struct record record;

	segment_name(name, r->head.number);
	if (!s->head.number)
		s->head = r->head;
	if (memcmp(s->head.journal, r->head.journal, SEGMENT_ID) ||
	    s->head.options.low != r->head.options.low ||
	    s->head.options.high != r->head.options.high)
		return message_new(0, "%s is a part of another journal", name);
	struct scan_boot *boot = boot_of(s, r);
	while (segment_next(r, &record))
		if (record.kind == RECORD_DURABLE) {
			boot->durable_segment = record.dir;
			boot->durable_at = record.parent;
		}
	return NULL;
}

struct message *scan_open(struct scan *s, int dir)
{
	*s = (struct scan){ .dir = dir };
	int64_t last = find_last(dir);
	if (last < 0)
		return message_new(errno, "cannot list it");
	if (!get_boot(s->boot))
		return message_new(errno, "cannot read %s", BOOT_ID);
	s->last = last;
	for (uint64_t number = 1; number <= s->last; number++) {
		struct segment_reader r;
		enum segment_state state = segment_read(&r, dir, number);
		struct message *wrong = state == SEGMENT_GOOD ? note(s, &r) :
					complaint(state, number);

		s->damaged += state == SEGMENT_MISSING || state == SEGMENT_EMPTY;
		segment_reader_end(&r);
		if (wrong)
			return wrong;
	}
	return NULL;
}

/* Returns true if what r has read last was there when all was on stable storage. */
static bool is_durable(const struct scan *s, const struct segment_reader *r)
{
	size_t i = s->nboots;

	while (i > 0 && s->boots[i - 1].first > r->head.number)
		i--;
	const struct scan_boot *boot = i > 0 ? &s->boots[i - 1] : NULL;
	return boot && (r->head.number < boot->durable_segment ||
			(r->head.number == boot->durable_segment && r->at <= boot->durable_at));
}

void scan_close(struct scan *s)
{
	free(s->boots);
	s->boots = NULL;
	s->nboots = s->room = 0;
}

static void see_all(const struct scan *s, struct segment_reader *r,
		    void (*see)(void *arg, const struct record *r), void *arg)
{
	bool since_boot = !memcmp(s->boot, r->head.boot, SEGMENT_ID);
	struct record record;

	while (segment_next(r, &record))
		if (since_boot || is_durable(s, r) || record.kind == RECORD_TARGET)
			see(arg, &record);
}

struct message *scan_all(const struct scan *s, void (*see)(void *arg, const struct record *r),
			 void *arg)
{
	for (uint64_t number = 1; number <= s->last; number++) {
		struct segment_reader r;
		enum segment_state state = segment_read(&r, s->dir, number);
		struct message *wrong = complaint(state, number);

		if (wrong)
			return wrong;
		if (state == SEGMENT_GOOD)
			see_all(s, &r, see, arg);
		segment_reader_end(&r);
	}
	return NULL;
}

int scan_cut(const struct scan *s)
{
	struct segment_reader r;
	struct record record;

	if (segment_read(&r, s->dir, s->last) != SEGMENT_GOOD)
		return 0;
	while (segment_next(&r, &record))
		;
	int err = segment_cut(&r, s->dir);
	segment_reader_end(&r);
	return err;
}
