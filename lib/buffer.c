/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: one read, and as many writes as it takes.  dst is empty, so blocks that are not
 * written become holes.  The caller makes a hole at the end of dst, by setting its size.
 *
 * The memory is a thread's, and used again for each of its copies: the kernel clears the pages
 * of new memory, which takes as long as the copy of a small file.
 */
#include <config.h>

#include "buffer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sys.h"
#include "wait.h"

char *cf_buffer_alloc(void)
{
	return aligned_alloc(4096, CF_BUFFER_SIZE);
}

/*
 * A buffer of a thread.  Structures are never freed, but used again by later threads, so that
 * their list needs no lock; a child of fork(2) still has those of threads that it has not.
 */
struct owned {
	struct owned *next;
	atomic_bool taken;		/* by a thread, whose bytes these are */
	char *bytes;
};

static struct owned *_Atomic all_owned;

static pthread_key_t key;		/* whose value is a thread's struct owned, or NULL */
static bool has_key;

static void give_back(void *arg)
{
	struct owned *o = arg;

	free(o->bytes);
	o->bytes = NULL;
	atomic_store(&o->taken, false);
}

static void make_key(void)
{
	has_key = pthread_key_create(&key, give_back) == 0;
}

/* Returns a structure that is the calling thread's, or NULL. */
static struct owned *take(void)
{
	struct owned *o;

	for (o = atomic_load(&all_owned); o; o = o->next) {
		bool free_one = false;

		if (atomic_compare_exchange_strong(&o->taken, &free_one, true))
			return o;
	}
	o = calloc(1, sizeof *o);
	if (!o)
		return NULL;
	atomic_init(&o->taken, true);
	o->next = atomic_load(&all_owned);
	while (!atomic_compare_exchange_weak(&all_owned, &o->next, o))
		;
	return o;
}

char *cf_buffer_mine(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct owned *o;

	pthread_once(&once, make_key);
	if (!has_key)
		return NULL;
	o = pthread_getspecific(key);
	if (o)
		return o->bytes;
	o = take();
	if (!o)
		return NULL;
	o->bytes = cf_buffer_alloc();
	if (o->bytes && pthread_setspecific(key, o) == 0)
		return o->bytes;
	give_back(o);
	return NULL;
}

static ssize_t failed(struct cf_buffer *b, enum copyfile_stage stage, ssize_t r)
{
	b->stage = stage;
	return r;
}

/* Write to a stream.  If it is a FIFO, and full, wait. */
static ssize_t write_stream(const struct cf_buffer *b, const char *bytes, size_t len)
{
	unsigned int steps = 0;
	ssize_t n;

	while ((n = cf_write(b->dst, bytes, len)) == -EAGAIN) {
		int r = cf_wait_step(&steps, b->watch);
		if (r < 0)
			return r;
	}
	return n;
}

/* 0 or -errno */
static ssize_t write_all(struct cf_buffer *b, const char *bytes, size_t len, off_t at)
{
	while (len) {
		ssize_t n = b->stream ? write_stream(b, bytes, len)
				      : cf_pwrite(b->dst, bytes, len, at);
		if (n == 0)
			n = -EIO;	/* Regular files do not return 0, and this loop must end. */
		if (n < 0)
			return failed(b, COPYFILE_WRITE, n);
		bytes += n;
		len -= n;
		at += n;
		b->written = at;
	}
	return 0;
}

static bool all_zero(const char *bytes, size_t len)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, len - 1);
}

/*
 * Returns how many bytes at the beginning are blocks of zeros (*ret_zero is true), or blocks
 * of data (false).  at is the offset of bytes in the file, in which the blocks are aligned.
 */
static size_t run_of(const struct cf_buffer *b, const char *bytes, size_t len, off_t at,
		     bool *ret_zero)
{
	size_t run = 0;

	while (run < len) {
		size_t n = b->block - (at + run) % b->block;
		n = n < len - run ? n : len - run;
		bool zero = all_zero(bytes + run, n);
		if (run && zero != *ret_zero)
			break;
		*ret_zero = zero;
		run += n;
	}
	return run;
}

/* 0 or -errno */
static ssize_t write_sparse(struct cf_buffer *b, const char *bytes, size_t len, off_t at)
{
	while (len) {
		bool zero = false;
		size_t run = run_of(b, bytes, len, at, &zero);
		ssize_t r = zero ? 0 : write_all(b, bytes, run, at);

		if (r < 0)
			return r;
		if (zero)
			b->holes += run;
		bytes += run;
		len -= run;
		at += run;
	}
	return 0;
}

ssize_t cf_buffer_move(struct cf_buffer *b, off_t at, size_t len)
{
	assert(b->bytes && b->size && len);
	ssize_t n = cf_pread(b->src, b->bytes, b->size < len ? b->size : len, at);

	if (n <= 0)
		return failed(b, COPYFILE_READ, n);
	ssize_t r = b->block ? write_sparse(b, b->bytes, n, at) : write_all(b, b->bytes, n, at);
	return r < 0 ? r : n;
}
