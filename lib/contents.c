/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: data is read piece by piece, and holes, which can be far larger than any disk, are
 * not read but added as zeros.  A file that SEEK_DATA tells nothing of is all data (extent.c).
 */
#include <config.h>

#include "contents.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "cache.h"
#include "extent.h"
#include "limit.h"
#include "pause.h"
#include "sys.h"

/* Bytes of a hole between two looks at "cancel": a few milliseconds */
#define HOLE_PIECE (64 << 20)

static off_t least(off_t a, off_t b)
{
	return a < b ? a : b;
}

int cf_contents_add_hole(off_t len, const struct cf_watch *watch, struct cf_digest *digest)
{
	while (len > 0) {
		off_t n = least(len, HOLE_PIECE);
		int r = cf_pause_check_data(watch, len);

		if (r < 0)
			return r;
		cf_digest_add_zeros(digest, n);
		len -= n;
	}
	return 0;
}

/* Read at most len bytes at offset at.  Returns how many, 0 at the end, or -errno. */
static ssize_t read_piece(const struct cf_contents *c, char *buf, off_t at, off_t len)
{
	size_t n = least(len, CF_BUFFER_SIZE);
	uint64_t taken;
	int r = cf_limit_begin(c->watch, &n, n, &taken);

	if (r == 0)
		r = cf_pause_check_data(c->watch, c->size);
	if (r < 0)
		return r;
	if (c->direct)
		n = (n + CF_CACHE_ALIGN - 1) / CF_CACHE_ALIGN * CF_CACHE_ALIGN;
	ssize_t got = c->once ? cf_cache_pread_once(c->fd, buf, n, at) :
				cf_pread(c->fd, buf, n, at);
	if (got > len)
		got = len;
	cf_limit_end(taken, got);
	return got;
}

/* Add [at, end).  Returns end, or less if the file ends before that; or -errno. */
static off_t add_data(const struct cf_contents *c, char *buf, off_t at, off_t end,
		      struct cf_digest *digest)
{
	while (at < end) {
		ssize_t n = read_piece(c, buf, at, end - at);

		if (n <= 0)
			return n < 0 ? n : at;
		cf_digest_add(digest, buf, n);
		at += n;
		/* Here the file ends.  A direct read from here would be refused. */
		if (c->direct && at % CF_CACHE_ALIGN != 0)
			break;
	}
	return at;
}

/* As cf_contents_add(), of a file that has holes. */
static off_t add_extents(const struct cf_contents *c, char *buf, struct cf_digest *digest)
{
	struct cf_extent e;
	off_t pos = c->at;
	int r;

	while ((r = cf_extent_next(c->fd, pos, c->size, &e)) > 0 && e.start < c->size) {
		off_t end = least(e.end, c->size);

		r = cf_contents_add_hole(e.start - pos, c->watch, digest);
		if (r < 0)
			return r;
		pos = add_data(c, buf, e.start, end, digest);
		if (pos < end || pos == c->size)
			return pos;
	}
	if (r >= 0)
		r = cf_contents_add_hole(c->size - pos, c->watch, digest);
	return r < 0 ? r : c->size;
}

off_t cf_contents_add(const struct cf_contents *c, struct cf_digest *digest)
{
	char *buf = cf_buffer_mine();

	if (!buf)
		return -ENOMEM;
	return c->seek ? add_extents(c, buf, digest) : add_data(c, buf, c->at, c->size, digest);
}

/* Read all of [at, at+len) that the file has.  Returns how many bytes that is, or -errno. */
static ssize_t read_fully(const struct cf_contents *c, char *buf, off_t at, off_t len)
{
	off_t got = 0;

	while (got < len) {
		ssize_t n = read_piece(c, buf + got, at + got, len - got);

		if (n <= 0)
			return n < 0 ? n : got;
		got += n;
	}
	return got;
}

/* Compare one piece.  Returns how many bytes are alike, or -errno. */
static off_t compare_piece(const struct cf_contents *a, char *buf_a, const struct cf_contents *b,
			   char *buf_b, off_t at)
{
	off_t len = least(a->size - at, CF_BUFFER_SIZE), same = 0;
	ssize_t got_a = read_fully(a, buf_a, at, len);
	ssize_t got_b = got_a < 0 ? got_a : read_fully(b, buf_b, at, len);

	if (got_b < 0)
		return got_b;
	while (same < least(got_a, got_b) && buf_a[same] == buf_b[same])
		same++;
	return same;
}

off_t cf_contents_compare(const struct cf_contents *a, const struct cf_contents *b)
{
	char *buf_a = cf_buffer_mine(), *buf_b = cf_buffer_alloc();
	off_t at = a->at, same = buf_a && buf_b ? 1 : -ENOMEM;

	while (same > 0 && at < a->size) {
		off_t len = least(a->size - at, CF_BUFFER_SIZE);

		same = compare_piece(a, buf_a, b, buf_b, at);
		if (same > 0)
			at += same;
		if (same < len)
			break;
	}
	free(buf_b);
	return same < 0 ? same : at;
}
