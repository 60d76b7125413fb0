/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: to read what was just written proves nothing, as it comes from the page cache.  So
 * the data is written out, then dropped from the cache, which cachestat(2) confirms, and only
 * then read.  What cannot be dropped, because the file system keeps its files in memory or
 * another program has mapped it, is read all the same; the result says so.
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

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "cache.h"
#include "contents.h"
#include "extent.h"
#include "fs.h"
#include "sys.h"

static int failed(const struct cf_verify *v, enum copyfile_stage stage, int r)
{
	if (r < 0)
		cf_relaxed_set(v->watch->stage, stage);
	return r;
}

/* Bring the data to where it is to be read from. */
static int write_out(int fd, enum cf_fs kind, enum cf_fs_memory memory)
{
	bool by_pages = kind == CF_FS_PLAIN && memory == CF_MEMORY_PAGES;
	int r = by_pages ? cf_cache_write(fd, 0, 0) : -ENOSYS;

	if (cf_sys_refused(r))
		r = cf_cache_sync(fd);
	/* A file system that knows no such call has nothing to write out. */
	return cf_sys_refused(r) ? 0 : r;
}

/* Drop the data from the page cache.  Returns what will be read. */
static enum copyfile_compared drop(int fd, enum cf_fs kind, enum cf_fs_memory memory,
				   bool shared)
{
	if (memory == CF_MEMORY_ALONE)
		return COPYFILE_COMPARED_MEMORY;
	(void)cf_cache_drop(fd);
	int64_t pages = cf_cache_pages(fd);
	if (pages < 0 || memory == CF_MEMORY_OTHER)
		return COPYFILE_COMPARED_UNKNOWN;
	if (pages > 0)
		return COPYFILE_COMPARED_CACHE;
	return kind != CF_FS_PLAIN ? COPYFILE_COMPARED_SERVER
	       : shared		   ? COPYFILE_COMPARED_SHARED
				   : COPYFILE_COMPARED_DEVICE;
}

static bool same_digest(struct cf_verify *v)
{
	unsigned char got[COPYFILE_DIGEST_MAX];

	cf_digest_end(v->digest, got);
	return memcmp(got, v->wanted, sizeof got) == 0;
}

/* The copy, open as fd, differs: find where.  Returns -EBADMSG, or what made that fail. */
static int locate(struct cf_verify *v, int fd, off_t size, off_t got)
{
	const struct cf_contents src = { .fd = v->src, .size = size, .watch = v->watch };
	const struct cf_contents dst = { .fd = fd, .size = size, .watch = v->watch };
	off_t at = cf_contents_compare(&src, &dst);

	if (at == -ECANCELED)
		return -ECANCELED;
	if (at == size && got != size)
		v->differs_at = got < size ? got : size;
	else if (at >= 0 && at < size)
		v->differs_at = at;
	return -EBADMSG;
}

/* Read fd, the copy, whose stat is st, and compare. */
static int compare(struct cf_verify *v, int fd, const struct stat *st)
{
	off_t size = v->size < 0 ? st->st_size : v->size;
	const struct cf_contents copy = {
		.fd = fd, .size = size, .seek = cf_extent_sparse(st), .once = true,
		.watch = v->watch,
	};

	cf_digest_restart(v->digest);
	off_t got = cf_contents_add(&copy, v->digest);
	if (got < 0)
		return (int)got;
	if (got == size && st->st_size == size && same_digest(v))
		return 0;
	return locate(v, fd, size, got < size ? got : st->st_size);
}

/* fd is the copy, open for reading. */
static int verify(struct cf_verify *v, int fd)
{
	struct stat st;
	int r = cf_fstat(fd, &st);
	enum cf_fs kind = r < 0 ? CF_FS_OTHER : cf_fs_known(fd, st.st_dev);

	if (r < 0)
		return failed(v, COPYFILE_COMPARE, r);
	/* What is written to /proc is an order, and not kept. */
	if (kind == CF_FS_PSEUDO)
		return 0;
	enum cf_fs_memory memory = cf_fs_memory(fd);
	r = write_out(fd, kind, memory);
	if (r < 0)
		return failed(v, COPYFILE_WRITE, r);
	v->compared = drop(fd, kind, memory, v->shared);
	r = cf_fstat_fresh(fd, &st);
	if (r == 0)
		r = compare(v, fd, &st);
	return failed(v, COPYFILE_COMPARE, r);
}

int cf_verify(struct cf_verify *v)
{
	v->compared = COPYFILE_COMPARED_NOT;
	v->differs_at = UINT64_MAX;
	if (v->readable)
		return verify(v, v->dst);
	int fd = cf_reopen(v->dst);
	/* Without /proc */
	if (fd == -ENOENT || fd == -ENOTDIR)
		fd = -EOPNOTSUPP;
	if (fd < 0)
		return failed(v, COPYFILE_COMPARE, fd);
	int r = verify(v, fd);
	cf_close(fd);
	return r;
}
