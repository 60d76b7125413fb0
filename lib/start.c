/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: whether a copy becomes a cookie.
 *
 *   SYNC	never.
 *   ASYNC	always; nothing of it is done before.
 *   neither	a cookie where copies wait (see policy.c) or the pool is short
 *		of work.  Otherwise the caller opens the source, and hands over
 *		what is big; the rest it copies itself, which is cheaper than
 *		telling another thread to.  Where no cookie can be had for want
 *		of descriptors, or because the pool is at work with other
 *		credentials, the caller copies too.
 *
 * The choice between pool and caller is made for a batch of copies into one
 * directory: if the two took turns there, they would fight for its lock.
 */
#include <config.h>

#include "start.h"

#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>

#include "callers.h"
#include "clock.h"
#include "cookie.h"
#include "exit.h"
#include "identity.h"
#include "policy.h"
#include "pool.h"
#include "relaxed.h"

/* Live cookies, if the descriptor limit does not matter */
#define DEFAULT_PENDING 1024

/* Cookies until a thread looks at that limit again */
#define LIMIT_HOLDS 64

/* Most copies in a batch */
#define BATCH 64

/* What cf_start_setup() was told; changed only while no cookie is live. */
static struct {
	_Atomic uint32_t threads, pending;
} setup;

static _Atomic uint32_t most_threads;	/* 0: none but what setup says */

/* Returns how many threads were asked for, or 0. */
static unsigned int fixed_threads(void)
{
	unsigned int most = cf_relaxed_get(most_threads);

	return most ? most : cf_relaxed_get(setup.threads);
}

void cf_start_setup(uint32_t threads, uint32_t pending)
{
	cf_relaxed_set(setup.threads, threads);
	cf_relaxed_set(setup.pending, pending);
}

void cf_start_limit(uint32_t threads)
{
	struct cf_identity who;

	if (threads == cf_relaxed_get(most_threads))
		return;
	cf_relaxed_set(most_threads, threads);
	cf_identity_get(&who);
	cf_pool_limit(fixed_threads(), cf_pool_alike(&who));
}

/* Returns how many cookies may be live for a copy with flags to become one. */
static unsigned int max_pending(uint64_t flags)
{
	static _Thread_local unsigned int limit, left;
	unsigned int asked = cf_relaxed_get(setup.pending);
	struct rlimit files;

	if (asked)
		return asked;
	if (!left--) {
		left = LIMIT_HOLDS;
		limit = getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < INT_MAX ?
			files.rlim_cur : INT_MAX;
	}
	/* A copy needs two descriptors itself, and two more for its directories. */
	unsigned int n = limit / (flags & COPYFILE_STEADY ? 4 : 8);
	return n > DEFAULT_PENDING ? DEFAULT_PENDING : n ? n : 1;
}

static int run_here(struct cf_job *j)
{
	struct cf_policy_sample sample;

	cf_policy_begin(&sample, j->place.pair, true);
	int r = cf_job_run(j);
	cf_policy_end(&sample, cf_relaxed_get(j->watch.moved), j->calls);
	return r;
}

/* The batch of copies that this thread is starting */
static _Thread_local struct {
	uint64_t dir;			/* to which all of them go */
	bool to_pool;			/* the pool makes them, not the caller */
	unsigned int left;		/* copies until the choice is made anew */
} batch;

static struct cf_pool_limits limits(const struct cf_job *j)
{
	return cf_policy_limits(fixed_threads(), j->place.pair);
}

void cf_start_worked(uint64_t pair, int64_t took)
{
	struct cf_pool_limits l = cf_policy_limits(fixed_threads(), pair);

	if (l.waits)
		cf_pool_worked(l, took);
}

/* Returns true if the pool is to make j, a copy that burns the processor. */
static bool choose_pool(const struct cf_job *j)
{
	if (!batch.left || batch.dir != j->place.dir) {
		batch.dir = j->place.dir;
		batch.left = BATCH;
		cf_callers_note(cf_clock(CLOCK_MONOTONIC_COARSE));
		batch.to_pool = cf_pool_wants_work(limits(j));
	}
	batch.left--;
	return batch.to_pool;
}

static int hand_over(const struct cf_job *j)
{
	return cf_cookie_start(j, max_pending(j->flags), limits(j));
}

static int only_hand_over(const struct cf_job *j)
{
	int r = hand_over(j);

	/* When the copies under way have ended, the pool can start anew. */
	return r == -EPERM ? -EAGAIN : r;
}

/*
 * There is no cookie, for reason r.  Returns true if this thread should make the copy: what is
 * missing is not needed here; or the limit is reached where copies do not wait, which only
 * means that the pool has enough to do.
 */
static bool better_here(int r, bool waits)
{
	return r == -EMFILE || r == -ENFILE || r == -ENOMEM || r == -EPERM ||
	       (r == -EAGAIN && !waits);
}

static int run_here_or_hand_over(struct cf_job *j)
{
	cf_policy_await(j->place.pair);
	bool waits = cf_policy_waits(j->place.pair);
	int r;

	if (waits || choose_pool(j)) {
		r = hand_over(j);
		if (r >= 0 || !better_here(r, waits))
			return r;
	}
	r = cf_job_open(j);
	if (r < 0)
		return r;
	if (cf_relaxed_get(j->watch.total) > CF_BIG_SIZE) {
		cf_job_close(j);
		r = hand_over(j);
		if (r >= 0 || !better_here(r, waits))
			return r;
	}
	return run_here(j);
}

int cf_start(struct cf_job *j)
{
	int r = cf_exit_begin_copy(&j->watch);

	if (r < 0)
		return r;
	if (j->flags & (COPYFILE_VERIFY | COPYFILE_FSYNC))
		cf_policy_expect_wait(j->place.pair);
	r = j->flags & COPYFILE_SYNC    ? run_here(j)
	    : j->flags & COPYFILE_ASYNC ? only_hand_over(j)
					: run_here_or_hand_over(j);
	cf_exit_end_copy(&j->watch);
	return r;
}
