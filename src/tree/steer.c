/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the library measures whether work waits, that of the walkers included (see
 * make_destination() in walk/enter.c), and sizes its pool of threads.  The number of workers
 * follows that: one for each two threads that wait, for a directory costs a walker half a
 * dozen calls while its files are being copied; and as many as threads when there has been nothing
 * to copy for a while, as where no file has changed.  Where nothing waits there is one for each
 * core, and copies happen in them.
 *
 * All walkers call these functions, for each file or directory.  So there is no lock, and an
 * answer may be out of date, which costs one worker too many, or a wake-up.
 */
#include <config.h>

#include "tree/steer.h"

#include <libcopyfile.h>

#include "base/clock.h"
#include "base/relaxed.h"
#include "tree/workers.h"

#define THREADS_PER_WORKER 2

/* How often the number of workers is set, in nanoseconds: one tick of the coarse clock */
#define RESIZE_NS 4000000

/*
 * There is nothing to copy if there was nothing for so long (ns).  The first file of a tree is
 * found after half a dozen answers of a server.
 */
#define IDLE_NS 50000000

void steer_init(struct steer *s, struct workers *workers)
{
	*s = (struct steer){ .workers = workers };
}

/* Returns true if work waits, and has done so for a while without a copy; idle: it does now. */
static bool is_idle_for_long(struct steer *s, bool idle, int64_t now)
{
	if (!idle)
		relaxed_set(s->idle_since, 0);
	else if (!relaxed_get(s->idle_since))
		relaxed_set(s->idle_since, now);
	return idle && now - relaxed_get(s->idle_since) >= IDLE_NS;
}

/* Returns how many workers the library's measurements call for; 0: it has none yet. */
static unsigned int workers_for_copies(struct steer *s, int64_t now)
{
	struct copyfile_advice advice;

	if (copyfile_advice(&advice, sizeof advice) < 0)
		return 0;
	bool only_workers_wait = is_idle_for_long(s, advice.waits && advice.idle, now);
	if (!advice.waits)
		return advice.callers;
	if (only_workers_wait)
		return advice.threads;
	return (advice.threads + THREADS_PER_WORKER - 1) / THREADS_PER_WORKER;
}

static void resize(struct steer *s, int64_t now)
{
	unsigned int n = workers_for_copies(s, now);

	/* workers_resize() knows the limit. */
	if (n)
		workers_resize(s->workers, n);
}

void steer_update(struct steer *s)
{
	int64_t now = clock_now(CLOCK_MONOTONIC_COARSE), at = relaxed_get(s->next_resize);

	/* Of all threads that find that it is time, one resizes. */
	if (now >= at && atomic_compare_exchange_strong(&s->next_resize, &at, now + RESIZE_NS))
		resize(s, now);
}

bool steer_wants_help(struct steer *s)
{
	steer_update(s);
	return workers_want_more(s->workers);
}
