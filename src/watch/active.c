/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the list of the window is walked with its lock held, and the library asked about
 * each cookie, which takes no system call.  What is kept from one look to the next stands in
 * struct pending: when a copy was first seen to run, and its rate.
 */
#include <config.h>

#include "watch/active.h"

#include <pthread.h>
#include <string.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "base/tally.h"
#include "copy/window.h"
#include "tree/dirpath.h"

/* Time enough to tell a rate */
#define SEEN_NS (CLOCK_SECOND / 2)

/* Take p's rate, with so many bytes in place now, unless that was done just before. */
static void take_rate_locked(struct pending *p, uint64_t bytes, int64_t now)
{
	if (p->seen_at && now - p->seen_at < SEEN_NS)
		return;
	if (p->seen_at && bytes >= p->seen_bytes)
		p->rate = (bytes - p->seen_bytes) / clock_seconds(now - p->seen_at);
	p->seen_at = now;
	p->seen_bytes = bytes;
}

/*
 * Put a, which came before all that were put there, into list, which has n, the longest-running
 * first.  Returns how many it has then.
 */
static unsigned int put_in_order(struct active *list, unsigned int n, unsigned int max,
				 const struct active *a)
{
	unsigned int at = n;

	while (at && list[at - 1].since >= a->since)
		at--;
	if (at == max)
		return n;
	n += n < max;
	memmove(&list[at + 1], &list[at], (n - 1 - at) * sizeof *list);
	list[at] = *a;
	return n;
}

unsigned int active_look(struct window *w, struct active *list, unsigned int max,
			 struct active_sum *ret)
{
	int64_t now = clock_now(CLOCK_MONOTONIC);
	struct copyfile_info info;
	unsigned int n = 0;

	*ret = (struct active_sum){ .count = 0 };
	pthread_mutex_lock(&w->lock);
	ret->count = w->count;
	for (struct pending *p = w->first; p; p = p->next) {
		if (!p->cookie || copyfile_info(p->cookie, &info, sizeof info) < 0)
			continue;
		ret->bytes_done = tally_plus(ret->bytes_done, info.bytes_done);
		/* Not begun, or ended and not reaped yet */
		if (info.stage == COPYFILE_QUEUED || info.stage == COPYFILE_DONE)
			continue;
		ret->copying++;
		if (!p->since)
			p->since = now;
		if (!info.bytes_total)
			continue;
		take_rate_locked(p, info.bytes_done, now);
		n = put_in_order(list, n, max, &(struct active){
			.id = p->entry.id, .pending = p, .since = p->since, .rate = p->rate,
			.bytes_done = info.bytes_done, .bytes_total = info.bytes_total,
		});
	}
	for (unsigned int i = 0; i < n; i++)
		list[i].src = dir_src_path(list[i].pending->entry.dir, list[i].pending->entry.src);
	pthread_mutex_unlock(&w->lock);
	return n;
}
