/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: to read what was just written proves nothing, as it comes from the page cache.  So
 * the data is written out, then dropped from the cache, which cachestat(2) confirms, and only
 * then read.  What cannot be dropped, because the file system keeps its files in memory or
 * another program has mapped it, is read all the same; the result says so.
 *
 * A small file, or the end of a bigger one, is read directly (O_DIRECT) where the file system says
 * that this passes the cache by: it writes the data out itself, and what a program may read next
 * stays in memory.
 *
 * Of a big file the beginning is read back while the rest is copied, some way behind, so that
 * the device always has something to write.
 *
 * Data alone is written out, by sync_file_range(2), where a file system has its own disk: a
 * commit of its journal for each file would take far longer than the rest.  Elsewhere only
 * fdatasync(2) is sure to get the data to the server.  Neither makes the copy durable.
 *
 * Two digests are compared.  Where they differ both files are read once more, to find the first
 * byte that does.
 *
 * The copy is read before it gets its attributes: reading changes the time of the last access.
 */
#include <config.h>

#include "verify.h"

#include <errno.h>
#include <string.h>

#include "buffer.h"
#include "cache.h"
#include "contents.h"
#include "extent.h"
#include "fs.h"
#include "sys.h"

/* Bytes after which the device begins to write them; a multiple of any page or block */
#define STEP (8 << 20)

/* Bytes that the device may have to write before the copy waits for it */
#define BEHIND (4 * STEP)

static int failed(const struct cf_verify *v, enum copyfile_stage stage, int r)
{
	if (r < 0)
		cf_relaxed_set(v->watch->stage, stage);
	return r;
}

/* Returns true if data can be written out without the rest of the file. */
static bool by_pages(const struct cf_verify *v)
{
	return v->kind == CF_FS_PLAIN && v->memory == CF_MEMORY_PAGES;
}

/* Bring [v->at, v->at+len), or with 0 all the rest, to where it is to be read from. */
static int write_out(const struct cf_verify *v, off_t len)
{
	int r = by_pages(v) ? cf_cache_write(v->fd, v->at, len) : -ENOSYS;

	if (cf_sys_refused(r))
		r = cf_cache_sync(v->fd);
	/* A file system that knows no such call has nothing to write out. */
	return cf_sys_refused(r) ? 0 : failed(v, COPYFILE_WRITE, r);
}

/* Drop the same from the page cache, and note what will be read. */
static void drop(struct cf_verify *v, off_t len)
{
	if (v->memory == CF_MEMORY_ALONE) {
		v->compared = COPYFILE_COMPARED_MEMORY;
		return;
	}
	(void)cf_cache_drop(v->fd, v->at, len);
	int64_t pages = cf_cache_pages(v->fd, v->at, len);
	if (pages < 0 || v->memory == CF_MEMORY_OTHER)
		v->compared = COPYFILE_COMPARED_UNKNOWN;
	else if (pages > 0)
		v->compared = COPYFILE_COMPARED_CACHE;
	else if (v->compared == COPYFILE_COMPARED_NOT)
		v->compared = v->kind == CF_FS_PLAIN ? COPYFILE_COMPARED_DEVICE
						     : COPYFILE_COMPARED_SERVER;
}

/* Let the page cache have nothing of the same.  Returns 0; or -errno. */
static int write_and_drop(struct cf_verify *v, off_t len)
{
	int r = write_out(v, len);

	if (r == 0)
		drop(v, len);
	return r;
}

/*
 * Read [v->at, end), which the page cache has dropped or, if v->fd is O_DIRECT, is not asked for.
 * Returns 0; or -errno.
 */
static int read_back(struct cf_verify *v, off_t end, bool seek, bool direct)
{
	const struct cf_contents copy = {
		.fd = v->fd, .at = v->at, .size = end, .seek = seek, .once = !direct,
		.direct = direct, .watch = v->watch,
	};
	off_t got = cf_contents_add(&copy, v->digest);

	if (got < 0)
		return failed(v, COPYFILE_COMPARE, (int)got);
	v->at = got;
	return 0;
}

int cf_verify_begin(struct cf_verify *v, uint32_t hash)
{
	struct stat st;

	v->compared = COPYFILE_COMPARED_NOT;
	v->differs_at = UINT64_MAX;
	v->at = v->begun = 0;
	v->digest = cf_digest_new(hash);
	v->fd = v->readable ? v->dst : cf_reopen(v->dst);
	int r = !v->digest ? -ENOMEM : v->fd < 0 ? v->fd : cf_fstat(v->fd, &st);
	/* Without /proc */
	if (r == -ENOENT || r == -ENOTDIR)
		r = -EOPNOTSUPP;
	if (r < 0)
		return failed(v, COPYFILE_COMPARE, r);
	v->kind = cf_fs_known(v->fd, st.st_dev);
	v->memory = cf_fs_memory(v->fd);
	/* What is written to /proc is an order, and not kept. */
	v->nothing = v->kind == CF_FS_PSEUDO;
	return 0;
}

int cf_verify_follow(struct cf_verify *v, off_t done)
{
	if (done - v->begun < STEP || v->nothing || !by_pages(v))
		return 0;
	(void)cf_cache_begin_write(v->fd, v->begun, done - v->begun);
	v->begun = done;
	off_t end = (done - BEHIND) / STEP * STEP;
	if (end <= v->at)
		return 0;
	int r = write_and_drop(v, end - v->at);
	return r < 0 ? r : read_back(v, end, false, false);
}

/* The copy is not as long as size, or has another digest: find out where it differs. */
static int locate(struct cf_verify *v, off_t size, off_t actual)
{
	const struct cf_contents src = { .fd = v->src, .size = size, .watch = v->watch };
	const struct cf_contents dst = { .fd = v->fd, .size = size, .watch = v->watch };
	off_t at = cf_contents_compare(&src, &dst);

	if (at == -ECANCELED)
		return -ECANCELED;
	if (at >= 0 && at < size)
		v->differs_at = at;
	else if (at == size && actual != size)
		v->differs_at = actual < size ? actual : size;
	return -EBADMSG;
}

static bool has_digest(struct cf_verify *v, const unsigned char *wanted)
{
	unsigned char got[COPYFILE_DIGEST_MAX];

	cf_digest_end(v->digest, got);
	return memcmp(got, wanted, sizeof got) == 0;
}

/*
 * Read all up to offset end directly, if it is little.  Returns 1; 0 if that cannot be done; or
 * -errno.
 */
static int read_directly(struct cf_verify *v, off_t end)
{
	if (!by_pages(v) || end <= v->at || end - v->at > CF_BUFFER_SIZE ||
	    !cf_cache_may_be_direct(v->fd) || cf_cache_set_direct(v->fd, true) < 0)
		return 0;
	int r = read_back(v, end, false, true);
	int clear = cf_cache_set_direct(v->fd, false);

	if (r == 0 && v->compared == COPYFILE_COMPARED_NOT)
		v->compared = COPYFILE_COMPARED_DEVICE;
	return r < 0 ? r : clear < 0 ? failed(v, COPYFILE_COMPARE, clear) : 1;
}

int cf_verify_end(struct cf_verify *v, const struct cf_verify_goal *goal)
{
	off_t size = goal->size;
	struct stat st;

	if (v->nothing)
		return 0;
	int r = read_directly(v, size);
	if (r == 0)
		r = write_and_drop(v, 0);
	if (r < 0)
		return r;
	if (goal->shared && v->compared == COPYFILE_COMPARED_DEVICE)
		v->compared = COPYFILE_COMPARED_SHARED;
	r = cf_fstat_fresh(v->fd, &st);
	if (r < 0)
		return failed(v, COPYFILE_COMPARE, r);
	if (size > v->at)
		r = read_back(v, size, cf_extent_sparse(&st), false);
	if (r == 0 && !(v->at == size && st.st_size == size && has_digest(v, goal->digest)))
		r = locate(v, size, v->at < size ? v->at : st.st_size);
	return failed(v, COPYFILE_COMPARE, r);
}

void cf_verify_fini(struct cf_verify *v)
{
	cf_digest_free(v->digest);
	if (!v->readable && v->fd >= 0)
		cf_close(v->fd);
}
