/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: the threads take chunks of the file from one counter, so that none
 * waits for another, and all end at about the same time.  At first the caller works
 * alone.  scale.c, which measures bytes here, decides whether more threads are tried,
 * kept or sent away.  On one local disk, or where the file system lets
 * one thread write to a file at a time, the first trial gains nothing and is
 * undone.
 *
 * Helpers are threads of their own, started here and joined here: they need no
 * descriptor, live as long as the one file, and count against the pool's limit.
 *
 * An error stops all.  A source that turns out to be shorter ends the copy where
 * the first chunk came out short; what lies beyond is cut off.
 */
#include <config.h>

#include "range.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "buffer.h"
#include "clock.h"
#include "libcopyfile.h"
#include "limit.h"
#include "pause.h"
#include "pool.h"
#include "scale.h"
#include "sys.h"
#include "thread.h"

/* Most threads for one file: eight streams fill what one server has to give. */
#define MOST 8

/* Helpers started for one file, one after the other; more would only come and go. */
#define MOST_STARTS 64

/* Bytes in a unit of work */
#define UNIT (64 * 1024)

/* No offset */
#define NOWHERE INT64_MAX

struct team {
	const struct cf_range *r;
	pthread_mutex_t lock;		/* of the rest */
	off_t next;			/* the offset of the next chunk to be taken */
	off_t end;			/* where a chunk came out short, or r->end */
	int error;			/* the first one that occurred */
	uint32_t stage;			/* where that was */
	unsigned int threads;		/* at work, the caller included */
	off_t busy[MOST + 1];		/* where the chunks that are being moved begin; NOWHERE */
	pthread_t helpers[MOST_STARTS];	/* to be joined ... */
	unsigned int nhelpers;		/* ... so many, those that have left included */
	struct cf_scale scale;
};

/* -------------------------------------------------------------- chunks */

/* Move at most len bytes.  Returns how many; 0 at the end; or -errno, with b->stage set. */
static ssize_t move_piece(const struct cf_range *r, struct cf_buffer *b, off_t at, size_t len)
{
	uint64_t taken;

	b->stage = COPYFILE_MOVE;
	if (r->by_buffer && len > b->size)
		len = b->size;
	if (cf_limit_begin(r->watch, &len, len, &taken) < 0)
		return -ECANCELED;
	ssize_t n = r->by_buffer ? cf_buffer_move(b, at, len)
				 : cf_copy_range(r->src, r->dst, at, len);
	cf_limit_end(taken, n);
	return n;
}

/*
 * Move [at, at+len).  Returns how many bytes were moved, less than len only at the end of
 * src; or -errno, with b->stage set.
 */
static off_t move_chunk(const struct cf_range *r, struct cf_buffer *b, off_t at, size_t len)
{
	size_t done = 0;

	while (done < len) {
		int go = cf_pause_check_data(r->watch, r->end);
		if (go < 0)
			return go;
		ssize_t n = move_piece(r, b, at + done, len - done);
		if (n < 0)
			return n;
		if (n == 0)
			break;
		done += n;
		cf_relaxed_add(r->watch->moved, n);
		cf_relaxed_add(r->watch->done, n);
	}
	return done;
}

/* ---------------------------------------------------------------- team */

static void *help(void *arg);

/* Start one more helper, if the pool has a thread to spare; otherwise do nothing. */
static void call_helper_locked(struct team *t)
{
	if (t->nhelpers == MOST_STARTS || !cf_pool_reserve_thread())
		return;
	if (cf_thread_start(&t->helpers[t->nhelpers], help, t) < 0) {
		cf_pool_release_thread();
		return;
	}
	t->nhelpers++;
	t->threads++;
}

/* A chunk that begins at offset at is being moved.  Returns its place in t->busy. */
static unsigned int begin_locked(struct team *t, off_t at)
{
	unsigned int i = 0;

	while (t->busy[i] != NOWHERE)
		i++;
	assert(i <= MOST);
	t->busy[i] = at;
	return i;
}

/* The chunk at that place has been moved: up to the first one that has not, all is there. */
static void end_locked(struct team *t, unsigned int place)
{
	off_t first = t->next;

	t->busy[place] = NOWHERE;
	for (unsigned int i = 0; i <= MOST; i++)
		if (t->busy[i] < first)
			first = t->busy[i];
	if (!t->error && t->end == t->r->end)
		cf_relaxed_set(t->r->watch->prefix, first);
}

static void settle_locked(struct team *t, off_t at, off_t len, off_t moved, uint32_t stage)
{
	if (moved < 0 && !t->error) {
		t->error = (int)moved;
		t->stage = stage;
	}
	if (moved >= 0 && moved < len && at + moved < t->end)
		t->end = at + moved;
	if (moved > 0)
		cf_scale_ended(&t->scale, 0, 1 + moved / UNIT, false, cf_now());
}

/* Take chunks until there is none left, or, for a helper, until it is one too many. */
static void work_locked(struct team *t, struct cf_buffer *b, bool helper)
{
	while (!t->error && t->next < t->end && !(helper && t->threads > t->scale.target)) {
		off_t at = t->next, left = t->end - at;
		off_t len = (off_t)t->r->chunk < left ? (off_t)t->r->chunk : left;

		b->stage = COPYFILE_MOVE;
		t->next += len;
		unsigned int place = begin_locked(t, at);
		cf_scale_expect(&t->scale, 1, MOST, true, false, cf_now());
		/* Only if more chunks are left than the present threads take next. */
		if (t->threads < t->scale.target && t->end - t->next > len * (off_t)t->threads)
			call_helper_locked(t);
		pthread_mutex_unlock(&t->lock);
		off_t moved = move_chunk(t->r, b, at, len);
		pthread_mutex_lock(&t->lock);
		settle_locked(t, at, len, moved, b->stage);
		end_locked(t, place);
	}
}

/* Returns a buffer whose bytes are for free(3); NULL if none are needed, or no memory is left. */
static struct cf_buffer new_buffer(const struct cf_range *r)
{
	return (struct cf_buffer){
		.src = r->src, .dst = r->dst, .watch = r->watch,
		.bytes = r->by_buffer ? cf_buffer_alloc() : NULL, .size = CF_BUFFER_SIZE,
	};
}

static void *help(void *arg)
{
	struct team *t = arg;
	struct cf_buffer b = new_buffer(t->r);

	pthread_mutex_lock(&t->lock);
	/* A helper without memory leaves the work to the others. */
	if (b.bytes || !t->r->by_buffer)
		work_locked(t, &b, true);
	t->threads--;
	pthread_mutex_unlock(&t->lock);
	cf_pool_release_thread();
	free(b.bytes);
	return NULL;
}

off_t cf_range_move(const struct cf_range *r)
{
	struct team t = {
		.r = r, .lock = PTHREAD_MUTEX_INITIALIZER,
		.next = r->at, .end = r->end, .threads = 1, .scale.first = 1,
	};
	struct cf_buffer b = new_buffer(r);

	assert(r->at <= r->end && r->chunk > 0);
	for (unsigned int i = 0; i <= MOST; i++)
		t.busy[i] = NOWHERE;
	if (r->by_buffer && !b.bytes)
		return -ENOMEM;
	pthread_mutex_lock(&t.lock);
	work_locked(&t, &b, false);
	pthread_mutex_unlock(&t.lock);
	/* No helper is started any more: only a thread that has taken a chunk starts one. */
	for (unsigned int i = 0; i < t.nhelpers; i++)
		pthread_join(t.helpers[i], NULL);
	assert(t.threads == 1 && t.end >= r->at);
	pthread_mutex_destroy(&t.lock);
	free(b.bytes);
	if (t.error) {
		cf_relaxed_set(r->watch->stage, t.stage);
		return t.error;
	}
	int err = t.end < r->end ? cf_truncate(r->dst, t.end) : 0;
	if (err < 0)
		cf_relaxed_set(r->watch->stage, COPYFILE_WRITE);
	return err < 0 ? err : t.end;
}
