/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: only copies count that are made under their own names in directories which this pass has
 * made: elsewhere a new file is made aside, and goes with the run; and one that is overwritten in
 * place might have been written to by others since.  The library tells which bytes at the beginning
 * are in place, also where several threads are at work on the file.
 *
 * The main thread alone takes copies out of the window, so they stay while it looks at them.
 */
#include <config.h>

#include "copy/checkpoint.h"

#include <pthread.h>
#include <stddef.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "base/options.h"
#include "copy/context.h"
#include "copy/window.h"
#include "journal/journal.h"
#include "tree/dir.h"

/* Bytes that are worth a record: at 1 GB/s a quarter of a second */
#define GRAIN ((uint64_t)256 << 20)

/* Copies that are looked at in one tick: more huge files than this are hardly copied at once. */
#define MOST 32

struct huge {
	struct pending *pending;
	struct journal_part part;
};

/* Returns true if p may be gone on with by a later run. */
static bool counts(const struct pending *p)
{
	const struct dir *d = p->entry.dir;

	return p->cookie && d->ledger && (d->created || d->resumed) && !p->end &&
	       !(p->flags & COPYFILE_ATOMIC);
}

/* Put the copies that have come far since they were recorded into list.  Returns how many. */
static unsigned int look(struct window *w, struct huge list[static MOST])
{
	struct copyfile_info info;
	unsigned int n = 0;

	pthread_mutex_lock(&w->lock);
	for (struct pending *p = w->first; p && n < MOST; p = p->next)
		if (counts(p) && copyfile_info(p->cookie, &info, sizeof info) == 0 &&
		    info.stage == COPYFILE_MOVE && info.prefix >= p->recorded + GRAIN)
			list[n++] = (struct huge){
				.pending = p,
				.part = {
					.prefix = info.prefix, .size = info.bytes_total,
					.sec = info.src_mtime, .nsec = info.src_mtime_ns,
				},
			};
	pthread_mutex_unlock(&w->lock);
	return n;
}

void checkpoint_tick(struct context *c)
{
	static int64_t next;
	struct huge list[MOST];

	if (!c->opts->journal)
		return;
	int64_t now = clock_now(CLOCK_MONOTONIC);
	if (now < next)
		return;
	next = now + CLOCK_SECOND;
	for (unsigned int i = look(&c->window, list); i-- > 0;) {
		struct pending *p = list[i].pending;

		journal_put_part(p->entry.dir->ledger, p->entry.src, &list[i].part);
		p->recorded = list[i].part.prefix;
	}
}
