/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: three layers, each of which calls the one before it.  move_data() brings the bytes
 * there, move_summed() makes a digest of them on the way, move_verified() compares that with
 * what the destination has kept.  A copy enters at the layer that its caller asks for, so one
 * that is neither summed nor verified pays nothing.
 */
#include <config.h>

#include "move.h"

#include <errno.h>

#include "contents.h"
#include "data.h"
#include "digest.h"
#include "extent.h"
#include "stage.h"
#include "sys.h"
#include "verify.h"

/* A clone has the size that the source had when it was made, which is not known. */
static bool cloned(const struct cf_move *m)
{
	return cf_relaxed_get(m->watch->method) == COPYFILE_BY_REFLINK;
}

/* The data have arrived: give the destination its size. */
static int set_size(const struct cf_move *m)
{
	int r = cf_dest_set_size(m->dst, cf_relaxed_get(m->watch->done), !cloned(m));

	if (r < 0)
		cf_relaxed_set(m->watch->stage, COPYFILE_WRITE);
	return r;
}

/*
 * Bring the data there.  With digest, which may be NULL, add them to it, and let verify follow,
 * which may be NULL, too.  Returns 0 or -errno; *ret_summed tells whether the digest has all.
 */
static int move_data(const struct cf_move *m, struct cf_digest *digest, struct cf_verify *verify,
		     struct cf_move_result *ret, bool *ret_summed)
{
	struct cf_data d = {
		.src = m->src, .dst = m->dst->fd, .st = m->st, .stream = m->dst->stream,
		.borrowed = m->borrowed, .flags = m->flags, .chunk = m->chunk, .watch = m->watch,
		.pair = m->pair, .digest = digest, .verify = verify, .from = m->dst->kept,
	};
	struct cf_data_result result = { .changed = false };
	int r = cf_stage_begin(m->watch, COPYFILE_MOVE);

	if (r == 0)
		r = cf_data_copy(&d, &result);
	ret->changed = result.changed;
	*ret_summed = result.summed;
	return r == 0 ? set_size(m) : r;
}

/*
 * Read the source for the digest: its data has not passed by here.  Returns how many bytes that
 * were, or -errno.
 */
static off_t sum_source(const struct cf_move *m, struct cf_digest *digest)
{
	struct stat st = { .st_size = cf_relaxed_get(m->watch->done) };
	off_t size = cloned(m) ? cf_fstat(m->dst->fd, &st) : 0;

	if (size == 0) {
		const struct cf_contents src = {
			.fd = m->src, .size = st.st_size, .watch = m->watch,
			.seek = !m->borrowed && cf_extent_sparse(m->st),
		};

		cf_digest_restart(digest);
		size = cf_contents_add(&src, digest);
	}
	if (size < 0)
		cf_relaxed_set(m->watch->stage, COPYFILE_READ);
	return size;
}

/* As move_data(), with a digest of the data in ret->digest. */
static int move_summed(const struct cf_move *m, struct cf_verify *verify,
		       struct cf_move_result *ret)
{
	struct cf_digest *digest = cf_digest_new(m->hash);
	bool summed;

	if (!digest)
		return -ENOMEM;
	off_t r = move_data(m, digest, verify, ret, &summed);
	if (r == 0)
		r = summed ? (off_t)cf_relaxed_get(m->watch->done) : sum_source(m, digest);
	if (r >= 0) {
		cf_digest_end(digest, ret->digest);
		ret->summed = true;
		ret->size = r;
	}
	cf_digest_free(digest);
	return r < 0 ? (int)r : 0;
}

/* As move_summed(), and compare what has arrived with what was read from the source. */
static int move_verified(const struct cf_move *m, struct cf_move_result *ret)
{
	struct cf_verify v = {
		.src = m->src, .dst = m->dst->fd, .readable = m->dst->created, .watch = m->watch,
	};
	struct cf_verify_goal goal = { .digest = ret->digest };
	int r = cf_verify_begin(&v, m->hash);

	if (r == 0)
		r = move_summed(m, &v, ret);
	if (r == 0)
		r = cf_stage_begin(m->watch, COPYFILE_COMPARE);
	if (r == 0) {
		goal.shared = cloned(m);
		goal.size = ret->size;
		r = cf_verify_end(&v, &goal);
		ret->compared = v.compared;
		ret->differs_at = r == -EBADMSG ? v.differs_at : 0;
	}
	cf_verify_fini(&v);
	return r;
}

int cf_move(const struct cf_move *m, struct cf_move_result *ret)
{
	bool summed;			/* of no interest without a digest */

	if (!m->hash)
		return move_data(m, NULL, NULL, ret, &summed);
	/* A pipe or a device keeps nothing that could be read. */
	return m->flags & COPYFILE_VERIFY && !m->dst->stream ? move_verified(m, ret)
							      : move_summed(m, NULL, ret);
}
