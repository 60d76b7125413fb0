/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: three movers, tried from the cheapest to the plainest.
 *
 *   clone    shares all extents in one call (clone.c).
 *   kernel   copy_file_range(2): no bytes through this process, on NFS and SMB
 *            none over the wire.
 *   buffer   read(2) and write(2), which always work and which alone can see
 *            what they move: zeros to skip, or holes to fill.
 *
 * A big file whose first chunks mostly wait goes on in ranges, which other threads
 * may help with (range.c).
 *
 * A mover moves a span of the file, until its end or that of the file.  The
 * kernel mover hands over to the buffer where the file systems cannot do it, also
 * in the middle of a file: what is wrong with that, read(2) and write(2) will tell.
 *
 * The size of the file is a hint.  /proc has files of size 0 that are not
 * empty, /sys files of 4096 bytes that are shorter; copy_file_range(2) returns
 * 0 on some of them at once.  So only read(2) is believed where it reports an end
 * before that size, or in a file of size 0.  Even then an end before the size is an
 * error, unless the file has become shorter, or its contents are made up: a file
 * system that loses its connection may well return 0 in place of an error.
 *
 * A digest of the source needs its bytes in order.  The buffer passes them on as it moves them.
 * Where the kernel has moved any, or several threads have, the caller reads the source again.
 * That is a second time for the disk if the file is larger than the page cache; so with a
 * digest the kernel mover is left out, unless a server may copy by itself.
 *
 * The source is checked for changes if it was not read at one moment, but in several
 * calls, or in one of more than ONE_MOMENT bytes; if other bytes were there than its size said;
 * or if the caller wants that.
 */
#include <config.h>

#include "data.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

#include "buffer.h"
#include "change.h"
#include "chunk.h"
#include "clock.h"
#include "clone.h"
#include "contents.h"
#include "digest.h"
#include "extent.h"
#include "fs.h"
#include "libcopyfile.h"
#include "limit.h"
#include "pause.h"
#include "range.h"
#include "refusal.h"
#include "sys.h"
#include "verify.h"

/* The length of a span that ends where the file does */
#define TO_END INT64_MAX

/* On the stack: for files that fit, such as most of /proc, and where there is no memory */
#define SMALL_BUFFER_SIZE 4096
static_assert(SMALL_BUFFER_SIZE < CF_BUFFER_SIZE, "the buffer of a bigger file is bigger");

/* Nanoseconds for which one thread moves a big file, before ranges are considered */
#define LONG_ENOUGH 10000000

/* If one call reads no more bytes than this, they count as read at one moment. */
#define ONE_MOMENT (64 << 10)

struct mover {
	const struct cf_data *d;
	char *small;		/* SMALL_BUFFER_SIZE bytes, to begin with */
	struct cf_buffer buffer;	/* without bytes until it is needed */
	struct cf_chunk chunk;	/* to ask the kernel for at once */
	bool by_buffer;		/* the kernel cannot, or must not */
	bool sparse;		/* blocks of zeros become holes */
	bool moved;		/* a call has moved data */
	bool sought;		/* the descriptors may not be at the start any more */
	off_t end;		/* dst is complete up to here */
	off_t written;		/* the size that dst has: less than end where a hole is last */
	unsigned int moves;	/* calls that moved data */
	size_t asked;		/* bytes that the last read could have brought */
	off_t early;		/* where reading ended before the size, or -1 */
	bool unsummed;		/* the digest lacks some of what was moved */
	struct stat *now;	/* of src, when it was last looked at ... */
	bool looked;		/* ... if it was, since data was moved */
	int64_t wall, cpu;	/* clocks when the moving of a big file began, nanoseconds */
};

/* Returns how many bytes the first chunk has. */
static uint64_t first_chunk(const struct cf_data *d)
{
	return cf_chunk_first(d->chunk).size;
}

static int failed(const struct mover *m, enum copyfile_stage stage, int r)
{
	if (r < 0)
		cf_relaxed_set(m->d->watch->stage, stage);
	return r;
}

/* Take the stat of src once more; with force, from the server.  Returns 0 or -errno. */
static int stat_again(struct mover *m, bool force)
{
	const struct cf_data *d = m->d;
	int r = force ? cf_fstat_fresh(d->src, m->now) : cf_fstat(d->src, m->now);

	m->looked = r == 0;
	return failed(m, COPYFILE_READ, r);
}

/*
 * Reading src has come to an end, at offset at.  Returns 0 if the file ends there, 1 if the
 * caller has to go on reading, or -errno.
 */
static int judge_end(struct mover *m, off_t at)
{
	int r = stat_again(m, true);

	if (r < 0 || m->now->st_size <= at)
		return r;
	if (cf_change_made_up(m->d->src, m->now))
		return 0;
	/* Another program may have cut it off, and be writing it anew. */
	if (m->early != at && cf_change_seen(m->d->st, m->now)) {
		m->early = at;
		return 1;
	}
	return failed(m, COPYFILE_READ, -EIO);
}

/* Between two chunks: returns true if the copy is cancelled, after a pause if it is paused. */
static bool cancelled(const struct mover *m)
{
	return cf_pause_check_data(m->d->watch, m->d->st->st_size) < 0;
}

/* Returns how many of len bytes at offset at are in the file, by its size. */
static uint64_t likely(const struct mover *m, off_t at, size_t len)
{
	off_t left = at < m->d->st->st_size ? m->d->st->st_size - at : 0;

	return (uint64_t)left < len ? (uint64_t)left : len;
}

/* A call has moved data, or zeros that were left out. */
static void has_moved(struct mover *m, enum copyfile_method how)
{
	if (!m->moved)
		cf_relaxed_set(m->d->watch->method, how);
	m->moved = true;
	m->moves++;
}

/*
 * dst is complete up to offset to.  Of the bytes since m->end, moved were moved; the others
 * are holes.
 */
static void advance(struct mover *m, off_t to, uint64_t moved)
{
	struct cf_watch *w = m->d->watch;

	assert(to >= m->end && (uint64_t)(to - m->end) >= moved);
	cf_relaxed_add(w->moved, moved);
	cf_relaxed_add(w->holes, to - m->end - moved);
	m->end = to;
	cf_relaxed_set(w->done, to);
	cf_relaxed_set(w->prefix, to);
	if ((uint64_t)to > cf_relaxed_get(w->total))
		cf_relaxed_set(w->total, to);
}

/* Add a hole, from m->end to offset to. */
static int advance_hole(struct mover *m, off_t to)
{
	const struct cf_data *d = m->d;
	int r = d->digest && !m->unsummed && to > m->end ?
			cf_contents_add_hole(to - m->end, d->watch, d->digest) : 0;

	if (r == 0)
		advance(m, to, 0);
	return r;
}

/* -------------------------------------------------------------- clone */

/* Returns 1 if the data is there, 0 if it is still to be moved, or -errno. */
static int try_clone(struct mover *m)
{
	const struct cf_data *d = m->d;
	bool must = d->flags & COPYFILE_REFLINK;

	if (d->flags & (COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE))
		return 0;
	if (!must && (d->stream || !d->st->st_size))
		return 0;
	int r = cf_clone_try(d->src, d->dst, d->st->st_size, must, d->pair);
	if (r <= 0)
		return failed(m, COPYFILE_MOVE, r);
	cf_relaxed_set(d->watch->method, COPYFILE_BY_REFLINK);
	cf_relaxed_set(d->watch->cloned, d->st->st_size);
	cf_relaxed_set(d->watch->done, d->st->st_size);
	cf_relaxed_set(d->watch->prefix, d->st->st_size);
	m->unsummed = true;
	return 1;
}

/* ------------------------------------------------------------- ranges */

/* Returns true if it may be faster to go on from at in ranges. */
static bool worth_ranges(struct mover *m, off_t at)
{
	const struct cf_data *d = m->d;

	/* In ranges the bytes do not come in order, as a digest needs them. */
	if (d->digest && !m->unsummed)
		return false;
	if (d->stream || m->chunk.growing || m->sparse || d->flags & COPYFILE_SYNC ||
	    d->st->st_size - at < (off_t)(CF_RANGE_CHUNKS * first_chunk(d)))
		return false;
	if (!m->wall) {
		m->wall = cf_now();
		m->cpu = cf_clock(CLOCK_THREAD_CPUTIME_ID);
		return false;
	}
	int64_t wall = cf_now() - m->wall;

	/* A thread that does not wait gains nothing from another one. */
	return wall > LONG_ENOUGH && cf_clock(CLOCK_THREAD_CPUTIME_ID) - m->cpu < wall / 2;
}

/* Move [at, st_size) in ranges.  Returns the new position or -errno. */
static off_t move_ranges(struct mover *m, off_t at, enum copyfile_method how)
{
	const struct cf_data *d = m->d;
	/* The chunk that has proved good, unless the threads would get too few of them */
	uint64_t share = (d->st->st_size - at) / CF_RANGE_CHUNKS;
	const struct cf_range r = {
		.src = d->src, .dst = d->dst, .at = at, .end = d->st->st_size,
		.chunk = m->chunk.size < share || share < first_chunk(d) ? m->chunk.size : share,
		.by_buffer = how == COPYFILE_BY_BUFFER, .watch = d->watch,
	};
	uint64_t before = cf_relaxed_get(d->watch->moved);
	off_t end = cf_range_move(&r);

	if (end >= 0) {
		/* Bytes that were moved beyond an early end have been cut off. */
		cf_relaxed_set(d->watch->moved, before);
		advance(m, end, end - at);
		m->written = end;
	}
	return end;
}

/* ------------------------------------------------------------- buffer */

static void need_buffer(struct mover *m)
{
	const struct cf_data *d = m->d;
	struct cf_buffer *b = &m->buffer;

	if (b->bytes)
		return;
	*b = (struct cf_buffer){
		.src = d->src, .dst = d->dst, .stream = d->stream, .watch = d->watch,
		.bytes = m->small, .size = SMALL_BUFFER_SIZE,
		.block = !m->sparse ? 0 : d->st->st_blksize > 0 ? d->st->st_blksize : 4096,
	};
	/* A read of one byte more than the file has finds its end. */
	char *mine = d->st->st_size >= SMALL_BUFFER_SIZE ? cf_buffer_mine() : NULL;
	if (mine) {
		b->bytes = mine;
		b->size = CF_BUFFER_SIZE;
	}
	/* This only widens the read-ahead, so its failure does not matter. */
	if (d->st->st_size > CF_BUFFER_SIZE && !d->borrowed)
		(void)posix_fadvise(d->src, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (b->size > m->chunk.size)
		b->size = m->chunk.size;
}

/* Move at most len bytes.  Returns how many; 0 at the end of src; or -errno. */
static ssize_t move_piece(struct mover *m, off_t at, int64_t len)
{
	struct cf_buffer *b = &m->buffer;
	uint64_t holes = b->holes, taken;

	m->asked = (int64_t)b->size < len ? b->size : (size_t)len;
	if (cf_limit_begin(m->d->watch, &m->asked, likely(m, at, m->asked), &taken) < 0)
		return -ECANCELED;
	ssize_t n = cf_buffer_move(b, at, m->asked);
	cf_limit_end(taken, n);
	if (n <= 0)
		return failed(m, b->stage, n);
	if (m->written < b->written)
		m->written = b->written;
	if (m->d->digest && !m->unsummed)
		cf_digest_add(m->d->digest, b->bytes, n);
	has_moved(m, COPYFILE_BY_BUFFER);
	advance(m, at + n, n - (b->holes - holes));
	int r = m->d->verify ? cf_verify_follow(m->d->verify, m->end) : 0;
	return r < 0 ? r : n;
}

/*
 * Returns true if the read that brought the n bytes before at has seen the end of src: it
 * could have brought more, and they reach the size of a file that has its bytes on a disk.
 */
static bool ends_here(const struct mover *m, off_t at, ssize_t n)
{
	const struct stat *st = m->d->st;

	return at == st->st_size && (size_t)n < m->asked && st->st_blocks > 0;
}

/* Move [at, at+len), or up to the end of the file.  Returns 0 or -errno. */
static int move_buffer(struct mover *m, off_t at, int64_t len)
{
	const struct cf_data *d = m->d;
	/* An end before this offset needs an explanation: up to there src should have data. */
	off_t least = len > d->st->st_size - at ? d->st->st_size : at + len;

	need_buffer(m);
	while (len > 0) {
		if (cancelled(m))
			return -ECANCELED;
		ssize_t n = move_piece(m, at, len);
		if (n < 0)
			return n;
		at += n;
		len -= n;
		if (n && len > d->st->st_size - at && worth_ranges(m, at)) {
			at = move_ranges(m, at, COPYFILE_BY_BUFFER);
			if (at < 0)
				return (int)at;
			/* If src has ended before its size, the threads have seen that. */
			n = at < least ? 0 : n;
		}
		if (n == 0 && at >= least)
			return 0;
		if (n > 0 && ends_here(m, at, n))
			return 0;
		int r = n == 0 ? judge_end(m, at) : 1;
		if (r <= 0)
			return r;
	}
	return 0;
}

/* ------------------------------------------------------------- kernel */

/*
 * Returns true if r says that the kernel cannot copy between these file systems.  ENOENT
 * comes from CIFS, EFBIG from some FUSE servers.
 */
static bool kernel_cannot(int r)
{
	switch (-r) {
	case ENOSYS: case ENOTTY: case EOPNOTSUPP: case EINVAL: case EBADF: case EXDEV:
	case ETXTBSY: case EPERM: case EACCES: case ENOENT: case EFBIG: case EAGAIN:
		return true;
	default:
		return false;
	}
}

/* Returns true if r, a refusal, is believed to be a failure once that data has been moved. */
static bool may_be_failure(int r)
{
	return r == -ENOENT || r == -EFBIG;
}

/* Returns true if r, a refusal, is that of the file systems, and not of these two files. */
static bool is_of_pair(int r)
{
	return r == -EXDEV || r == -ENOSYS || r == -EOPNOTSUPP;
}

/* Make one call.  Returns how many bytes it has moved; 0 if none are left; or -errno. */
static ssize_t move_chunk(struct mover *m, off_t at, int64_t len)
{
	const struct cf_data *d = m->d;
	bool whole = len > d->st->st_size - at && (uint64_t)(d->st->st_size - at) <= m->chunk.size;
	size_t want = (int64_t)m->chunk.size < len ? m->chunk.size : (size_t)len;
	uint64_t taken;

	if (cf_limit_begin(d->watch, &want, likely(m, at, want), &taken) < 0)
		return -ECANCELED;
	int64_t begun = whole ? 0 : cf_now();
	/* Without offsets the kernel need not read and write these. */
	ssize_t n = at == 0 && !m->sought ? cf_copy_next(d->src, d->dst, want)
					  : cf_copy_range(d->src, d->dst, at, want);

	cf_limit_end(taken, n);
	if (!whole)
		cf_chunk_adapt(&m->chunk, want, n, cf_now() - begun);
	return n;
}

static int move_kernel(struct mover *m, off_t at, int64_t len)
{
	const struct cf_data *d = m->d;

	while (len > 0) {
		if (cancelled(m))
			return -ECANCELED;
		ssize_t n = move_chunk(m, at, len);
		if (n < 0 && kernel_cannot(n) && !(m->moved && may_be_failure(n))) {
			if (is_of_pair(n))
				cf_refusal_note(CF_COPY_FILE_RANGE, d->pair);
			m->by_buffer = true;
			return move_buffer(m, at, len);
		}
		if (n < 0)
			return failed(m, COPYFILE_MOVE, n);
		if (n == 0)
			return at > d->st->st_size ? 0 : move_buffer(m, at, len);
		at += n;
		len -= n;
		m->unsummed = true;
		has_moved(m, COPYFILE_BY_KERNEL);
		advance(m, at, n);
		m->written = at;
		if (len > d->st->st_size - at && worth_ranges(m, at)) {
			at = move_ranges(m, at, COPYFILE_BY_KERNEL);
			if (at < 0)
				return (int)at;
		}
		/* All bytes that the size told are there.  Bytes appended since are not copied. */
		if (at == d->st->st_size)
			return 0;
	}
	return 0;
}

/* -------------------------------------------------------------- spans */

static int move_span(struct mover *m, off_t at, int64_t len)
{
	/* A file of size 0 is read: files in /proc may have contents all the same. */
	if (m->by_buffer || !m->d->st->st_size)
		return move_buffer(m, at, len);
	return move_kernel(m, at, len);
}

/*
 * Move what is data, and leave out the holes, the last one included.  seek is a descriptor
 * of src whose position may be changed.
 */
static int move_extents(struct mover *m, int seek)
{
	const struct cf_data *d = m->d;
	struct cf_extent e;
	off_t pos = d->from;
	int r;

	m->sought = true;
	while ((r = cf_extent_next(seek, pos, d->st->st_size, &e)) > 0) {
		if (cancelled(m))
			return -ECANCELED;
		r = advance_hole(m, e.start);
		if (r == 0)
			r = move_span(m, e.start, e.end - e.start);
		if (r < 0)
			return r;
		pos = e.end;
		/* An extent that ends early is the end of the file. */
		if (m->end < e.end)
			return 0;
	}
	if (r < 0)
		return failed(m, COPYFILE_READ, r);
	r = stat_again(m, false);
	return r == 0 && m->now->st_size > m->end ? advance_hole(m, m->now->st_size) : r;
}

/*
 * Move a file that has holes.  They are found by an open file whose position may be
 * changed.  If there is none, everything is read, and holes are found as zeros.
 */
static int move_around_holes(struct mover *m)
{
	if (!m->d->borrowed)
		return move_extents(m, m->d->src);
	int seek = cf_reopen(m->d->src);
	if (seek < 0) {
		m->by_buffer = m->sparse = true;
		return move_span(m, m->d->from, TO_END);
	}
	int r = move_extents(m, seek);
	cf_close(seek);
	return r;
}

/* Make the hole that dst ends with, by setting its size. */
static int set_size(struct mover *m)
{
	const struct cf_data *d = m->d;

	if (d->stream || m->written >= m->end)
		return 0;
	int r = cf_truncate(d->dst, m->end);
	/* Where a size cannot be set, writing the last byte has the same effect. */
	if (cf_sys_refused(r))
		r = cf_pwrite(d->dst, "", 1, m->end - 1) == 1 ? 0 : r;
	return failed(m, COPYFILE_WRITE, r);
}

/* Returns true if the kernel must not move the data, or cannot, or need not. */
static bool wants_buffer(const struct cf_data *d)
{
	if (d->stream || d->flags & (COPYFILE_NO_REFLINK | COPYFILE_SPARSE | COPYFILE_NO_SPARSE))
		return true;
	if (d->digest && cf_fs_known(d->src, d->st->st_dev) == CF_FS_PLAIN)
		return true;
	return !cf_refusal_try(CF_COPY_FILE_RANGE, d->st->st_size, d->pair);
}

/* Move the data in the way that suits.  Returns 0 or -errno. */
static int move(struct mover *m)
{
	const struct cf_data *d = m->d;
	int r = d->from ? 0 : try_clone(m);

	if (r)
		return r < 0 ? r : 0;
	if (cf_extent_sparse(d->st) && !d->stream && !(d->flags & COPYFILE_NO_SPARSE))
		r = move_around_holes(m);
	else
		r = move_span(m, d->from, TO_END);
	return r == 0 ? set_size(m) : r;
}

/*
 * Returns true if it is worth a system call to find out whether src has changed.  What one call
 * reads is of one moment, unless there is a lot of it; and it reaches the size of src, unless
 * that has changed since src was opened.
 */
static bool may_have_changed(const struct mover *m)
{
	const struct cf_watch *w = m->d->watch;

	return m->moves > 1 || cf_relaxed_get(w->moved) > ONE_MOMENT ||
	       cf_relaxed_get(w->done) != (uint64_t)m->d->st->st_size;
}

/*
 * Find out whether src, all of which was copied, has changed meanwhile, or is gone.  Returns 1, 0
 * or, where that was asked for and cannot be told, -errno.
 */
static int changed_meanwhile(struct mover *m)
{
	const struct cf_data *d = m->d;
	bool asked = d->flags & COPYFILE_CHECK_SRC;

	if (asked || (!m->looked && may_have_changed(m))) {
		int r = stat_again(m, asked);

		/* A server does not know it any more; but this is maybe all that is left of it. */
		if (r == -ENOENT || r == -ESTALE)
			return 1;
		if (r < 0)
			return asked ? r : 0;
	}
	/* What is made up at each look is of a new time each time. */
	return m->looked && cf_change_seen(d->st, m->now) &&
	       !cf_change_made_up(d->src, m->now);
}

int cf_data_copy(const struct cf_data *d, struct cf_data_result *ret)
{
	char small[SMALL_BUFFER_SIZE];
	struct stat now;
	struct mover m = {
		.d = d, .small = small, .chunk = cf_chunk_first(d->chunk), .early = -1, .now = &now,
		.sought = d->borrowed, .sparse = d->flags & COPYFILE_SPARSE && !d->stream,
		.end = d->from, .written = d->from, .unsummed = d->from > 0,
	};

	*ret = (struct cf_data_result){ .changed = false };
	m.by_buffer = wants_buffer(d);
	cf_relaxed_set(d->watch->done, d->from);
	cf_relaxed_set(d->watch->prefix, d->from);
	cf_relaxed_set(d->watch->stage, COPYFILE_MOVE);
	int r = move(&m);
	ret->summed = d->digest && !m.unsummed;
	if (r < 0)
		return r;
	r = changed_meanwhile(&m);
	ret->changed = r > 0;
	return r < 0 ? r : 0;
}
