/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the second program of the 2009 e-mail, which starts copies until its
 * window is full, then waits until half of it has gone, so that the sleeper is
 * woken for many copies and not for each.  It differs in two points.  It reaps
 * whichever copy is ready, not the oldest, so that one huge file never stalls
 * the rest.  And the library keeps the bound (copyfile_setup's pending): where
 * copies burn the processor it does the next one itself rather than refuse it,
 * which is better than waiting.
 *
 * cookies[] and copies[] are parallel arrays without holes; what ends is
 * replaced by the last.  p->src and p->dst of a pending copy are one block.
 */
#include <config.h>

#include "window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dir.h"
#include "report.h"
#include "xalloc.h"

/* How often tick is called while waiting, in milliseconds */
#define TICK_MS 100

void window_init(struct window *w, unsigned int size)
{
	*w = (struct window){ .size = size };
	w->cookies = xcalloc(size ? size : 1, sizeof *w->cookies);
	w->copies = xcalloc(size ? size : 1, sizeof *w->copies);
}

void window_fini(struct window *w)
{
	free(w->cookies);
	free(w->copies);
}

static int start(const struct window *w, const struct pending *p)
{
	const struct copyfile_how how = {
		.flags = p->flags | (w->size ? 0 : COPYFILE_SYNC),
	};

	return copyfileat(dir_src_fd(p->dir), p->src, dir_dst_fd(p->dir), p->dst, &how,
			  sizeof how);
}

/* Tell of a copy that ended in this thread's hands just now. */
static void end(struct window *w, const struct pending *p, int result)
{
	struct copyfile_info info;

	copyfile_info(0, &info, sizeof info);
	w->ended(w->arg, p, result, &info);
}

/* Take the ended copies out: true if there were any. */
static bool reap(struct window *w)
{
	bool any = false;

	for (unsigned int i = 0; i < w->count;) {
		if (!w->cookies[i].revents) {
			i++;
			continue;
		}
		int r = copyfile_ctrl(w->cookies[i].fd, COPYFILE_STATUS);
		if (r > 0) {
			w->cookies[i++].revents = 0;
			continue;
		}
		/* Out first: what follows from it may start copies of its own. */
		struct pending p = w->copies[i];
		w->count--;
		w->cookies[i] = w->cookies[w->count];
		w->copies[i] = w->copies[w->count];
		end(w, &p, r);
		free((char *)p.src);
		any = true;
	}
	return any;
}

/* Wait until no more than most are pending. */
static void shrink(struct window *w, unsigned int most)
{
	while (w->count > most) {
		int n = poll(w->cookies, w->count, w->tick ? TICK_MS : -1);

		if (n > 0)
			reap(w);
		if (w->tick)
			w->tick(w->arg);
	}
}

bool window_relieve(struct window *w)
{
	if (!w->count)
		return false;
	shrink(w, w->count - 1);
	return true;
}

void window_drain(struct window *w)
{
	shrink(w, 0);
}

/* Enter p, which cookie stands for. */
static void enter(struct window *w, const struct pending *p, int cookie)
{
	size_t src_size = strlen(p->src) + 1, dst_size = strlen(p->dst) + 1;
	char *names = xmalloc(src_size + dst_size);
	struct pending *entry = &w->copies[w->count];

	*entry = *p;
	entry->src = memcpy(names, p->src, src_size);
	entry->dst = memcpy(names + src_size, p->dst, dst_size);
	w->cookies[w->count] = (struct pollfd){ .fd = cookie, .events = POLLIN };
	w->count++;
}

/* Two names may lead to one inode, where the bytes of two copies would mix. */
static bool overwrites_same(const struct window *w, const struct pending *p)
{
	for (unsigned int i = 0; p->over_ino && i < w->count; i++)
		if (w->copies[i].over_ino == p->over_ino && w->copies[i].over_dev == p->over_dev)
			return true;
	return false;
}

void window_start(struct window *w, const struct pending *p)
{
	int r;

	/* Make room without waiting; the library may copy at once, if need be. */
	if (w->size && w->count >= w->size && poll(w->cookies, w->count, 0) > 0)
		reap(w);
	while (overwrites_same(w, p))
		window_relieve(w);
	/* EAGAIN: as many as may be are pending, and no time to copy at once. */
	while ((r = start(w, p)) == -EAGAIN && w->count)
		shrink(w, w->count / 2);
	if (r > 0)
		enter(w, p, r);
	else
		end(w, p, r);
	if (w->tick)
		w->tick(w->arg);
}

uint64_t window_bytes_done(const struct window *w)
{
	struct copyfile_info info;
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < w->count; i++)
		if (copyfile_info(w->cookies[i].fd, &info, sizeof info) == 0)
			bytes += info.bytes_done;
	return bytes;
}
