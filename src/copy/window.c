/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: copies are started until the window is full.  Then the thread waits until half of
 * it has gone, so that it is woken for many copies and not for each.  Whichever copy has
 * ended is reaped, not the oldest, so that one huge file never stalls the rest.  The library
 * keeps the bound (copyfile_setup's pending): where copies burn the processor it makes the
 * next one in the call rather than refuse it, which is better than waiting.  Many threads
 * submit, while one reaps:
 *
 *	walkers		   window_start()	 +-> ended in the call: ended()
 *	 and main  ------> copyfileat() -------->|
 *			      ^			 +-> a cookie: in the list, and watched
 *			      | full: until half has gone	      |
 *			      |					      v
 *	main <------------ ended() <---- window_ready() <----- the loop: it is readable
 *
 * A copy that ends in the call that starts it costs neither lock nor memory, unless an
 * operand overwrites a file: that is in the list meanwhile, so that copies of other
 * operands to the same inode wait.
 *
 * The lock is not held while a copy starts or ends, only while it is entered and the loop
 * told of it.  A thread that waits for room sleeps on ended_some; the main thread, which
 * would have to wake itself, turns its loop.  The end of a copy may start another one, so
 * the main thread may come to turn the loop within the loop; deeper than NESTED it copies at
 * once instead.
 */
#include <config.h>

#include "copy/window.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <libcopyfile.h>

#include "base/locked.h"
#include "base/loop.h"
#include "base/relaxed.h"
#include "copy/outcome.h"
#include "tree/dir.h"
#include "tree/dirrefs.h"
#include "xalloc.h"

/* How deep the loop may be nested before main copies by itself */
#define NESTED 16

/* How often a start may be refused while few copies are pending */
#define MOST_REFUSALS 100

/* All threads of a run are one client of the library. */
#define CLIENT 1

void window_init(struct window *w, struct loop *loop, unsigned int size, bool in_order,
		 uint32_t hash, window_ended *ended, void *arg)
{
	*w = (struct window){
		.loop = loop, .size = size, .in_order = in_order, .hash = hash,
		.ended = ended, .arg = arg,
		.lock = PTHREAD_MUTEX_INITIALIZER, .ended_some = PTHREAD_COND_INITIALIZER,
	};
}

/* ------------------------------------------------------------ the list */

static void enter_locked(struct window *w, struct pending *p)
{
	assert_locked(&w->lock);
	p->prev = NULL;
	p->next = w->first;
	if (w->first)
		w->first->prev = p;
	w->first = p;
	w->count += p->cookie > 0;
}

/* Returns true if main has to be woken, once the lock is released. */
static bool leave_locked(struct window *w, struct pending *p)
{
	assert_locked(&w->lock);
	*(p->prev ? &p->prev->next : &w->first) = p->next;
	if (p->next)
		p->next->prev = p->prev;
	assert(!p->cookie || w->count);
	w->count -= p->cookie > 0;
	if (w->sleepers)
		pthread_cond_broadcast(&w->ended_some);
	return w->main_sleeps && !loop_is_main(w->loop);
}

static void leave(struct window *w, struct pending *p)
{
	pthread_mutex_lock(&w->lock);
	bool wake = leave_locked(w, p);
	pthread_mutex_unlock(&w->lock);
	if (wake)
		loop_wake(w->loop);
}

/* Two names may lead to one inode; the copy that is started last has to win. */
static bool overwritten_locked(const struct window *w, const struct pending *p)
{
	for (const struct pending *q = w->first; q; q = q->next)
		if (q->over_ino == p->over_ino && q->over_dev == p->over_dev)
			return true;
	return false;
}

/* ------------------------------------------------------------- reaping */

/* p has ended, as info tells; its cookie is released. */
static void finish(struct window *w, struct pending *p, const struct copyfile_info *info)
{
	/* It leaves the window first: its end may start other copies. */
	leave(w, p);
	w->ended(w->arg, p, info);
	dir_put_pinned(p->entry.dir);
	free(p);
}

/* As copyfile_ctrl_info(), for a cookie whose result the window does not have yet. */
static int ctrl(int cookie, unsigned long cmd, struct copyfile_info *ret)
{
	int r = copyfile_ctrl_info(cookie, cmd, ret, sizeof *ret);

	assert(r != -EBADF);
	return r;
}

/* Wait for the end of a copy, and describe it in *ret. */
static void await(int cookie, struct copyfile_info *ret)
{
	while (ctrl(cookie, COPYFILE_WAIT, ret) > 0)
		;
}

void window_ready(struct window *w, void *entry)
{
	struct copyfile_info info;
	struct pending *p = entry;

	/* p came through the kernel, which promises no order of memory: the lock does. */
	pthread_mutex_lock(&w->lock);
	int cookie = p->cookie;
	pthread_mutex_unlock(&w->lock);
	int r = ctrl(cookie, COPYFILE_STATUS, &info);

	if (r > 0 && loop_watch(w->loop, cookie, p))
		return;
	if (r > 0)
		await(cookie, &info);
	finish(w, p, &info);
}

/* Returns a copy that has ended, and describes it in *ret; or NULL. */
static struct pending *find_ended(struct window *w, struct copyfile_info *ret)
{
	struct pending *p;

	pthread_mutex_lock(&w->lock);
	for (p = w->first; p; p = p->next)
		if (p->cookie > 0 && ctrl(p->cookie, COPYFILE_STATUS, ret) <= 0)
			break;
	pthread_mutex_unlock(&w->lock);
	return p;
}

bool window_reap_all(struct window *w)
{
	struct copyfile_info info;
	bool some = false;
	struct pending *p;

	while ((p = find_ended(w, &info))) {
		some = true;
		finish(w, p, &info);
	}
	return some;
}

void window_cancel(struct window *w)
{
	assert(loop_is_main(w->loop));
	pthread_mutex_lock(&w->lock);
	for (struct pending *p = w->first; p; p = p->next)
		if (p->cookie > 0 && !p->cancelled)
			p->cancelled = copyfile_ctrl(p->cookie, COPYFILE_CANCEL) > 0;
	pthread_mutex_unlock(&w->lock);
}

bool window_empty(struct window *w)
{
	pthread_mutex_lock(&w->lock);
	bool empty = w->count == 0;
	pthread_mutex_unlock(&w->lock);
	return empty;
}

/* Sleep until some copy has ended, with the lock released. */
static void sleep_locked(struct window *w)
{
	if (loop_is_main(w->loop)) {
		w->main_sleeps = true;
		pthread_mutex_unlock(&w->lock);
		loop_turn(w->loop, true);
		pthread_mutex_lock(&w->lock);
		w->main_sleeps = false;
		return;
	}
	w->sleepers++;
	pthread_cond_wait(&w->ended_some, &w->lock);
	w->sleepers--;
}

bool window_wait_one(struct window *w)
{
	pthread_mutex_lock(&w->lock);
	bool pending = w->count;
	if (pending)
		sleep_locked(w);
	pthread_mutex_unlock(&w->lock);
	return pending;
}

/* ------------------------------------------------------------ starting */

/* Start p.  Returns the cookie; or 0 or -errno, when p has ended and *ret describes it. */
static int start(const struct window *w, const struct pending *p, struct copyfile_info *ret)
{
	const struct entry *e = &p->entry;
	uint64_t flags = p->flags | (w->size ? 0 : COPYFILE_SYNC);

	if (flags & COPYFILE_SYNC)
		flags &= ~(uint64_t)COPYFILE_ASYNC;
	const struct copyfile_how how = {
		/* Directories stay while copies are pending, and credentials never change. */
		.flags = flags | COPYFILE_STEADY, .client = CLIENT, .hash = w->hash,
		.newdir = p->end || flags & COPYFILE_TRUNCATE ? 0 : e->dir->newdir,
		.dst_dev = p->found_dev, .dst_ino = p->found_ino, .from = p->from,
		.result = ret, .result_size = sizeof *ret,
	};

	return copyfileat(dir_src_fd(e->dir), e->src, dir_dst_fd(e->dir),
			  p->end ? p->end : e->dst, &how, sizeof how);
}

/* Wait until at most half of the window is pending.  Returns false if that was so already. */
static bool make_room(struct window *w)
{
	pthread_mutex_lock(&w->lock);
	bool full = w->count > w->size / 2;
	while (w->count > w->size / 2)
		sleep_locked(w);
	pthread_mutex_unlock(&w->lock);
	/* Some have gone since the refusal, or other threads are about to enter theirs. */
	if (!full)
		sched_yield();
	return full;
}

/* Returns true if this thread has to copy at once, and not to wait for room. */
static bool must_not_wait(const struct window *w)
{
	const struct loop *l = w->loop;

	return loop_is_main(l) && (l->depth > NESTED || (l->depth && relaxed_get(l->blind)));
}

/*
 * As start(), for p, which is in the list if it overwrites.  Where it is refused a cookie, for want
 * of room or of what a cookie needs, it gets none.  The stage tells: a copy that had begun may fail
 * with EAGAIN as well.
 */
static int start_with_room(struct window *w, struct pending *p, struct copyfile_info *ret)
{
	unsigned int refusals = 0;
	int r;

	while ((r = start(w, p, ret)) < 0 && w->size && !(p->flags & COPYFILE_SYNC) &&
	       ret->stage == COPYFILE_QUEUED)
		/* EAGAIN: the most that may be pending are, and the library does not copy at
		   once. */
		if (r != -EAGAIN || must_not_wait(w) ||
		    (!make_room(w) && ++refusals > MOST_REFUSALS))
			p->flags |= COPYFILE_SYNC;
	return r;
}

/* A copy of p on the heap, with names of its own, for its cookie. */
static struct pending *new_pending(const struct pending *p, int cookie)
{
	const char *src = p->entry.src, *dst = p->entry.dst;
	size_t src_size = strlen(src) + 1, dst_size = strlen(dst) + 1;
	struct pending *new = xmalloc(sizeof *new + src_size + dst_size);

	*new = *p;
	new->entry.src = memcpy((char *)(new + 1), src, src_size);
	new->entry.dst = memcpy((char *)(new + 1) + src_size, dst, dst_size);
	new->entry.st = NULL;
	new->entry.attempt = NULL;
	new->cookie = cookie;
	if (!new->entry.id)
		new->entry.id = outcome_new_id();
	dir_get_pinned(new->entry.dir);
	return new;
}

/* Enter a copy of p, which cookie stands for.  Returns false if it can't be watched. */
static bool enter(struct window *w, const struct pending *p, int cookie)
{
	struct pending *entry = new_pending(p, cookie);

	/* It must be watched before another thread can find and end it: its number might be
	   another cookie's by then.  Once the lock is released it may be gone. */
	pthread_mutex_lock(&w->lock);
	enter_locked(w, entry);
	bool watched = loop_watch(w->loop, cookie, entry);
	bool wake = !watched && leave_locked(w, entry);
	pthread_mutex_unlock(&w->lock);
	if (watched)
		return true;
	if (wake)
		loop_wake(w->loop);
	dir_put_pinned(entry->entry.dir);
	free(entry);
	return false;
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
	struct copyfile_info info;
	struct pending p = *wanted;
	bool overwrites = p.over_ino;

	p.cookie = 0;
	if (overwrites)
		enter_overwriting(w, &p);
	int r = start_with_room(w, &p, &info);
	bool pending = r > 0 && enter(w, wanted, r);
	if (r > 0 && !pending)
		await(r, &info);
	if (overwrites)
		leave(w, &p);
	if (!pending)
		w->ended(w->arg, &p, &info);
	while (w->in_order && pending && !window_empty(w))
		loop_turn(w->loop, true);
	loop_tick(w->loop);
}
