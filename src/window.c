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
 * A copy that ends in the call that starts it costs neither lock nor memory, unless an
 * operand overwrites a file: that is in the list meanwhile, so that copies of other
 * operands to the same inode wait.
 *
 * The lock is not held while a copy starts or ends, only while it is entered and made known
 * to epoll.  A thread that waits for room sleeps on ended_some; the main thread, which would
 * have to wake itself, reaps.  What follows from the end of a copy may start another.  So
 * the main thread may come to reap while it is reaping: then it goes on with the same batch
 * of events, and deeper than NESTED it copies at once instead.
 *
 * A sandbox may refuse epoll: then there is no window.  If epoll fails later, in the middle
 * of a run, the pending copies are looked at one by one, a hundred times a second.
 */
#include <config.h>

#include "window.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "dir.h"
#include "outcome.h"
#include "retry.h"
#include "xalloc.h"

/* How often attend is called while waiting, in milliseconds */
#define TICK_MS 100

/* How often the pending copies are looked at without epoll, in milliseconds */
#define BLIND_MS 10

/* How deep reaping may be within reaping */
#define NESTED 16

/* How often a start may be refused while few copies are pending */
#define VAIN 100

/* All threads of a run are one client of the library. */
#define CLIENT 1

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
	struct epoll_event none;
	if (w->epoll < 0 || w->bell < 0 || epoll_wait(w->epoll, &none, 1, 0) < 0 ||
	    !watch(w, EPOLL_CTL_ADD, w->bell, EPOLLIN, NULL)) {
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

/* Two names may lead to one inode, and the copy that is started last is to win. */
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

/* Have epoll tell of p once more. */
static void rearm(struct window *w, struct pending *p)
{
	if (!watch(w, EPOLL_CTL_MOD, p->cookie, EPOLLIN | EPOLLONESHOT, p))
		w->blind = true;
}

/* epoll has told of p, which nobody else takes out of the list. */
static void reap(struct window *w, struct pending *p)
{
	/* The kernel has handed p on; the lock makes sure of what it holds. */
	pthread_mutex_lock(&w->lock);
	int cookie = p->cookie;
	pthread_mutex_unlock(&w->lock);
	int r = copyfile_ctrl(cookie, COPYFILE_STATUS);

	if (r > 0)
		rearm(w, p);
	else
		reaped(w, p, r);
}

void window_cancel(struct window *w)
{
	pthread_mutex_lock(&w->lock);
	for (struct pending *p = w->first; p; p = p->next)
		if (p->cookie > 0 && !p->cancelled)
			p->cancelled = copyfile_ctrl(p->cookie, COPYFILE_CANCEL) > 0;
	pthread_mutex_unlock(&w->lock);
}

/* One that has ended; NULL: none.  *ret is its result. */
static struct pending *find_ended(struct window *w, int *ret)
{
	struct pending *p;

	pthread_mutex_lock(&w->lock);
	for (p = w->first; p; p = p->next)
		if (p->cookie > 0 &&
		    (*ret = copyfile_ctrl(p->cookie, COPYFILE_STATUS)) <= 0)
			break;
	pthread_mutex_unlock(&w->lock);
	return p;
}

/* Without epoll */
static void reap_blindly(struct window *w, bool wait)
{
	bool some = false;
	struct pending *p;
	int r;

	while ((p = find_ended(w, &r))) {
		some = true;
		reaped(w, p, r);
	}
	if (wait && !some)
		poll(NULL, 0, BLIND_MS);
}

static void hear_bell(struct window *w)
{
	uint64_t rung;

	/* It is enough to have been woken. */
	if (read(w->bell, &rung, sizeof rung) < 0)
		return;
}

/* Take the next batch of events from epoll; the last one has been seen to. */
static void ask_epoll(struct window *w, bool wait)
{
	int n = epoll_wait(w->epoll, w->ready, WINDOW_BATCH,
			   !wait ? 0 : w->ticks ? TICK_MS : -1);

	if (n < 0 && errno != EINTR)
		w->blind = true;
	w->next_ready = 0;
	w->nready = n < 0 ? 0 : n;
}

void window_reap(struct window *w, bool wait)
{
	w->reaping++;
	/* Within reaping: first the rest of the batch, which epoll does not report again */
	if (w->next_ready == w->nready && w->size && !w->blind)
		ask_epoll(w, wait);
	else if (w->next_ready == w->nready && w->size)
		reap_blindly(w, wait);
	while (w->next_ready < w->nready) {
		struct pending *p = w->ready[w->next_ready++].data.ptr;

		if (p)
			reap(w, p);
		else
			hear_bell(w);
	}
	w->reaping--;
	w->attend(w->arg);
}

void window_ring(struct window *w)
{
	static const uint64_t one = 1;

	/* Cannot fail but for being full: then it has been rung. */
	if (w->bell >= 0 && RETRY(write(w->bell, &one, sizeof one)) < 0)
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
	uint64_t flags = p->flags | (w->size ? 0 : COPYFILE_SYNC);

	if (flags & COPYFILE_SYNC)
		flags &= ~(uint64_t)COPYFILE_ASYNC;
	const struct copyfile_how how = {
		/* Directories stay while copies are pending, and credentials never change. */
		.flags = flags | COPYFILE_STEADY, .client = CLIENT,
	};

	return copyfileat(dir_src_fd(p->dir), p->src, dir_dst_fd(p->dir), p->dst, &how,
			  sizeof how);
}

/*
 * The copy that this thread was about to start was refused, for want of room or of what a
 * cookie needs.  An error of its own, which may be EAGAIN as well, came when it had begun.
 */
static bool was_refused(void)
{
	struct copyfile_info info;

	return copyfile_info(0, &info, sizeof info) < 0 || info.stage == COPYFILE_QUEUED;
}

/* Wait until at most half of the window is pending.  Returns false if that was so already. */
static bool make_room(struct window *w)
{
	pthread_mutex_lock(&w->lock);
	bool full = w->count > w->size / 2;
	while (w->count > w->size / 2)
		sleep_locked(w);
	pthread_mutex_unlock(&w->lock);
	/* Some have gone by now, or others are about to be entered. */
	if (!full)
		sched_yield();
	return full;
}

/* Returns true if this thread has to copy at once, and not to wait for room. */
static bool must_not_wait(const struct window *w)
{
	return window_is_main(w) && (w->reaping > NESTED || (w->reaping && w->blind));
}

/* Start p, which is in the list if it overwrites.  Returns the cookie, or how p has ended. */
static int start_with_room(struct window *w, struct pending *p)
{
	unsigned int vain = 0;
	int r;

	while ((r = start(w, p)) < 0 && w->size && !(p->flags & COPYFILE_SYNC) && was_refused())
		/* EAGAIN: as many as may be are pending, and no time to copy at once. */
		if (r != -EAGAIN || must_not_wait(w) || (!make_room(w) && ++vain > VAIN))
			p->flags |= COPYFILE_SYNC;
	return r;
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
	/* It must be watched before another thread can find it and end it: else epoll would
	   name it later, for another cookie.  Without the lock it may be gone at once. */
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

/* Enter p for as long as it is copied; first wait for those that overwrite the same file. */
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
	r = start_with_room(w, &p);
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

/* Put a into list, which has n, the longest-running first.  Returns how many it has then. */
static unsigned int put_in_order(struct window_active *list, unsigned int n, unsigned int max,
				 const struct window_active *a)
{
	unsigned int at = n;

	while (at && list[at - 1].since > a->since)
		at--;
	if (at == max)
		return n;
	n += n < max;
	memmove(&list[at + 1], &list[at], (n - 1 - at) * sizeof *list);
	list[at] = *a;
	return n;
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
		ret->bytes_done = tally_plus(ret->bytes_done, info.bytes_done);
		/* Not begun, or ended and not reaped yet */
		if (info.stage == COPYFILE_QUEUED || info.stage == COPYFILE_DONE)
			continue;
		ret->copying++;
		if (!p->since)
			p->since = now;
		if (!info.bytes_total)
			continue;
		see_locked(p, info.bytes_done, now);
		n = put_in_order(list, n, max, &(struct window_active){
			.id = p->id, .pending = p, .since = p->since, .rate = p->rate,
			.bytes_done = info.bytes_done, .bytes_total = info.bytes_total,
		});
	}
	for (unsigned int i = 0; i < n; i++)
		list[i].src = dir_src_path(list[i].pending->dir, list[i].pending->src);
	pthread_mutex_unlock(&w->lock);
	return n;
}
