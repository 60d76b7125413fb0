/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the second program of the 2009 e-mail, which starts copies until its
 * window is full, then waits until half of it has gone, so that the sleeper is
 * woken for many copies and not for each.  It differs in three points.  It reaps
 * whichever copy is ready, not the oldest, so that one huge file never stalls
 * the rest.  The library keeps the bound (copyfile_setup's pending): where copies
 * burn the processor it does the next one itself rather than refuse it, which is
 * better than waiting.  And many threads submit, while one reaps.
 *
 * The reaper sleeps in epoll_wait(2), to which submitters add cookies while it
 * sleeps.  Each is armed once (EPOLLONESHOT): the library uses a descriptor
 * again for the next cookie, and nothing of the last one may come through.
 *
 * A copy that ends in the call that starts it costs neither lock nor memory,
 * unless it overwrites: then its inode must be known to the others meanwhile.
 *
 * The lock is not held while a copy starts or ends, only while it is entered, until epoll
 * knows it.  Who waits for room sleeps on ended_some; the main thread, which would have to
 * wake itself, reaps.
 */
#include <config.h>

#include "window.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "outcome.h"
#include "xalloc.h"

/* How often attend is called while waiting, in milliseconds */
#define TICK_MS 100

/* Ended copies that are taken from the kernel at once */
#define BATCH 64

static bool watch(struct window *w, int op, int fd, uint32_t events, void *entry)
{
	struct epoll_event e = { .events = events, .data.ptr = entry };

	return epoll_ctl(w->epoll, op, fd, &e) == 0;
}

/*
 * epoll knows a descriptor until it is closed, which the library does with few of
 * its own, and nobody tells us: so one attempt may be in vain.
 */
static bool watch_cookie(struct window *w, int cookie, void *entry)
{
	bool known = cookie >= WINDOW_KNOWN || atomic_exchange(&w->known[cookie], true);
	int first = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	int second = known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;

	return watch(w, first, cookie, EPOLLIN | EPOLLONESHOT, entry) ||
	       watch(w, second, cookie, EPOLLIN | EPOLLONESHOT, entry);
}

bool window_init(struct window *w, unsigned int size)
{
	*w = (struct window){
		.main = pthread_self(), .epoll = -1, .bell = -1,
		.lock = PTHREAD_MUTEX_INITIALIZER, .ended_some = PTHREAD_COND_INITIALIZER,
	};
	if (!size)
		return true;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->epoll < 0 || w->bell < 0 || !watch(w, EPOLL_CTL_ADD, w->bell, EPOLLIN, NULL)) {
		window_fini(w);
		return false;
	}
	w->size = size;
	return true;
}

void window_fini(struct window *w)
{
	if (w->epoll >= 0)
		close(w->epoll);
	if (w->bell >= 0)
		close(w->bell);
	w->epoll = w->bell = -1;
}

bool window_is_main(const struct window *w)
{
	return pthread_equal(pthread_self(), w->main);
}

/* ------------------------------------------------------------ the list */

static void enter_locked(struct window *w, struct pending *p)
{
	p->prev = NULL;
	p->next = w->first;
	if (w->first)
		w->first->prev = p;
	w->first = p;
	w->count += p->cookie > 0;
}

/* Returns whether main has to be woken, once the lock is released. */
static bool leave_locked(struct window *w, struct pending *p)
{
	*(p->prev ? &p->prev->next : &w->first) = p->next;
	if (p->next)
		p->next->prev = p->prev;
	w->count -= p->cookie > 0;
	if (w->sleepers)
		pthread_cond_broadcast(&w->ended_some);
	return w->main_sleeps && !window_is_main(w);
}

static void leave(struct window *w, struct pending *p)
{
	pthread_mutex_lock(&w->lock);
	bool ring = leave_locked(w, p);
	pthread_mutex_unlock(&w->lock);
	if (ring)
		window_ring(w);
}

/* Two names may lead to one inode, where the bytes of two copies would mix. */
static bool overwritten_locked(const struct window *w, const struct pending *p)
{
	for (const struct pending *q = w->first; q; q = q->next)
		if (q->over_ino == p->over_ino && q->over_dev == p->over_dev)
			return true;
	return false;
}

/* ------------------------------------------------------------- reaping */

/* Tell of a copy that ended in this thread's hands just now. */
static void end(struct window *w, const struct pending *p, int result)
{
	struct copyfile_info info;

	copyfile_info(0, &info, sizeof info);
	w->ended(w->arg, p, result, &info);
}

/* p has ended with r; its cookie is released. */
static void reaped(struct window *w, struct pending *p, int r)
{
	/* Out first: what follows from it may start copies of its own. */
	leave(w, p);
	end(w, p, r);
	dir_drop(p->dir);
	free(p);
}

static void reap(struct window *w, struct pending *p)
{
	/* The kernel has handed p on; the lock makes sure of what it holds. */
	pthread_mutex_lock(&w->lock);
	int cookie = p->cookie;
	pthread_mutex_unlock(&w->lock);
	int r = copyfile_ctrl(cookie, COPYFILE_STATUS);

	if (r > 0) {
		watch(w, EPOLL_CTL_MOD, cookie, EPOLLIN | EPOLLONESHOT, p);
		return;
	}
	reaped(w, p, r);
}

static void cancel(struct window *w, struct pending *p)
{
	int cookie = p->cookie;

	/* If that releases the cookie, the next one with its number must not find p armed. */
	watch(w, EPOLL_CTL_MOD, cookie, 0, NULL);
	int r = copyfile_ctrl(cookie, COPYFILE_CANCEL);

	if (r <= 0)
		reaped(w, p, r);
	else
		watch(w, EPOLL_CTL_MOD, cookie, EPOLLIN | EPOLLONESHOT, p);
}

void window_cancel(struct window *w)
{
	unsigned int n = 0;

	/* What main is about to reap must not go meanwhile. */
	if (w->reaping)
		return;
	w->reaping = true;
	/* Nobody else takes one with a cookie out of the list. */
	pthread_mutex_lock(&w->lock);
	struct pending **all = xnmalloc(w->count + 1, sizeof *all);
	for (struct pending *p = w->first; p && n < w->count; p = p->next)
		if (p->cookie > 0)
			all[n++] = p;
	pthread_mutex_unlock(&w->lock);
	for (unsigned int i = 0; i < n; i++)
		cancel(w, all[i]);
	free(all);
	w->reaping = false;
}

static void hear_bell(struct window *w)
{
	uint64_t rung;

	/* It is enough to have been woken. */
	if (read(w->bell, &rung, sizeof rung) < 0)
		return;
}

void window_reap(struct window *w, bool wait)
{
	struct epoll_event ready[BATCH];
	bool outer = !w->reaping;
	int n = 0;

	if (w->size)
		n = epoll_wait(w->epoll, ready, BATCH, !wait ? 0 : w->ticks ? TICK_MS : -1);
	w->reaping = true;
	for (int i = 0; i < n; i++)
		if (ready[i].data.ptr)
			reap(w, ready[i].data.ptr);
		else
			hear_bell(w);
	w->reaping = !outer;
	w->attend(w->arg);
}

void window_ring(struct window *w)
{
	static const uint64_t one = 1;

	/* Cannot fail but for being full: then it has been rung. */
	if (w->bell >= 0 && write(w->bell, &one, sizeof one) < 0)
		return;
}

bool window_empty(struct window *w)
{
	pthread_mutex_lock(&w->lock);
	bool empty = w->count == 0;
	pthread_mutex_unlock(&w->lock);
	return empty;
}

/* Until some copy has ended, with the lock released. */
static void sleep_locked(struct window *w)
{
	if (window_is_main(w)) {
		w->main_sleeps = true;
		pthread_mutex_unlock(&w->lock);
		window_reap(w, true);
		pthread_mutex_lock(&w->lock);
		w->main_sleeps = false;
		return;
	}
	w->sleepers++;
	pthread_cond_wait(&w->ended_some, &w->lock);
	w->sleepers--;
}

bool window_relieve(struct window *w)
{
	if (window_is_main(w) && w->reaping)
		return false;
	pthread_mutex_lock(&w->lock);
	bool pending = w->count;
	if (pending)
		sleep_locked(w);
	pthread_mutex_unlock(&w->lock);
	return pending;
}

/* ------------------------------------------------------------ starting */

static int start(const struct window *w, const struct pending *p)
{
	const struct copyfile_how how = {
		/* Directories stay while copies are pending, and credentials never change. */
		.flags = p->flags | COPYFILE_STEADY | (w->size ? 0 : COPYFILE_SYNC),
	};

	return copyfileat(dir_src_fd(p->dir), p->src, dir_dst_fd(p->dir), p->dst, &how,
			  sizeof how);
}

/* As many as may be were pending: wait until half of them have gone. */
static void make_room(struct window *w)
{
	pthread_mutex_lock(&w->lock);
	bool full = w->count > w->size / 2;
	while (w->count > w->size / 2)
		sleep_locked(w);
	pthread_mutex_unlock(&w->lock);
	/* Some have gone by now, or others are about to be entered. */
	if (!full)
		sched_yield();
}

/* Enter a copy of p, which cookie stands for.  False: it can't be watched. */
static bool enter(struct window *w, const struct pending *p, int cookie)
{
	size_t src_size = strlen(p->src) + 1, dst_size = strlen(p->dst) + 1;
	struct pending *entry = xmalloc(sizeof *entry + src_size + dst_size);

	*entry = *p;
	entry->src = memcpy((char *)(entry + 1), p->src, src_size);
	entry->dst = memcpy((char *)(entry + 1) + src_size, p->dst, dst_size);
	entry->cookie = cookie;
	if (!entry->id)
		entry->id = outcome_new_id();
	dir_keep(p->dir);
	/* Nobody may find it who could end it before it is watched: epoll would name it later,
	   for another cookie.  And as soon as the lock is released it may be gone. */
	pthread_mutex_lock(&w->lock);
	enter_locked(w, entry);
	bool watched = watch_cookie(w, cookie, entry);
	bool ring = !watched && leave_locked(w, entry);
	pthread_mutex_unlock(&w->lock);
	if (watched)
		return true;
	if (ring)
		window_ring(w);
	dir_drop(entry->dir);
	free(entry);
	return false;
}

static int await(int cookie)
{
	int r;

	while ((r = copyfile_ctrl(cookie, COPYFILE_WAIT)) > 0)
		;
	return r;
}

/* p, in the list while it is copied: others that overwrite the same are to wait. */
static void enter_overwriting(struct window *w, struct pending *p)
{
	pthread_mutex_lock(&w->lock);
	while (overwritten_locked(w, p))
		sleep_locked(w);
	enter_locked(w, p);
	pthread_mutex_unlock(&w->lock);
}

void window_start(struct window *w, const struct pending *wanted)
{
	struct pending p = *wanted;
	bool overwrites = p.over_ino;
	int r;

	p.cookie = 0;
	if (overwrites)
		enter_overwriting(w, &p);
	/* EAGAIN: as many as may be are pending, and no time to copy at once. */
	while ((r = start(w, &p)) == -EAGAIN && w->size)
		make_room(w);
	if (r > 0 && !enter(w, wanted, r))
		r = await(r);
	if (overwrites)
		leave(w, &p);
	if (r <= 0)
		end(w, &p, r);
	while (w->in_order && r > 0 && !window_empty(w))
		window_reap(w, true);
	window_attend(w);
}

void window_attend(struct window *w)
{
	if (window_is_main(w))
		w->attend(w->arg);
}

/* ------------------------------------------------------------- looking */

/* Time enough to tell a rate */
#define SEEN_NS (CLOCK_SECOND / 2)

static void see_locked(struct pending *p, uint64_t bytes, int64_t now)
{
	if (p->seen_at && now - p->seen_at < SEEN_NS)
		return;
	if (p->seen_at && bytes >= p->seen_bytes)
		p->rate = (bytes - p->seen_bytes) / clock_seconds(now - p->seen_at);
	p->seen_at = now;
	p->seen_bytes = bytes;
}

unsigned int window_look(struct window *w, struct window_active *list, unsigned int max,
			 struct window_sum *ret)
{
	int64_t now = clock_now(CLOCK_MONOTONIC);
	struct copyfile_info info;
	struct pending *p;
	unsigned int n = 0;

	*ret = (struct window_sum){ .count = 0 };
	pthread_mutex_lock(&w->lock);
	ret->count = w->count;
	for (p = w->first; p && p->next; p = p->next)
		;
	for (; p; p = p->prev) {
		if (!p->cookie || copyfile_info(p->cookie, &info, sizeof info) < 0)
			continue;
		ret->bytes_done += info.bytes_done;
		if (!info.bytes_total)
			continue;
		see_locked(p, info.bytes_done, now);
		if (n < max)
			list[n++] = (struct window_active){
				.id = p->id, .src = dir_src_path(p->dir, p->src), .rate = p->rate,
				.bytes_done = info.bytes_done, .bytes_total = info.bytes_total,
			};
	}
	pthread_mutex_unlock(&w->lock);
	return n;
}
