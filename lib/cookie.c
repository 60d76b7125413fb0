/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a slot (slots.h) is a descriptor and a job.  A cookie costs two short system
 * calls: the descriptor is raised at the end of the copy, and lowered when the cookie is
 * released.
 *
 * A slot's life:	free -> live -> ended -> free
 *
 *   free	not readable
 *   live	a thread, or the queue, has the job, or it is held; not readable
 *   ended	the job has its result; readable, at once
 *
 * "Readable exactly when WAIT or STATUS returns <= 0 at once": the descriptor is raised after
 * the state was set to ended, and when the slot's lock is free again.  Who sleeps until it is
 * readable would else wake up to sleep once more, for that lock.  A thread that takes the result
 * earlier waits until it can lower the descriptor; so nobody raises it for the slot's next
 * copy, or when another file has its number.
 *
 * No other command than WAIT and STATUS changes a slot from ended to free: so a thread that
 * cancels need not be the one that gets the result.
 *
 * WAIT sleeps in poll(2) on the descriptor, without the lock: a signal handler
 * always ends that, and nothing but the end of the copy has to wake it.
 * slot->waiting says that a thread does so; the result is then for it alone, so
 * the slot cannot be released under it.
 *
 * Locks, in this order: table.lock, slot->lock, the pool's.  The thread that frees a slot
 * takes it from the table first, and then waits for its lock.  So a slot stays for a thread
 * that finds it in the table, and locks it before it unlocks the table.  A free slot can be
 * found, too; so its state is written only with its lock held.
 *
 * Unless the caller promises that nothing changes (COPYFILE_STEADY), a copy keeps its
 * directories (pin.h), and is made with its caller's credentials.  These are compared with
 * the pool's when the cookie is made.  Where they differ the pool starts anew if no copy is
 * under way; else there is no cookie.  They are compared once more with those of the thread
 * that takes the task, since setuid() changes all threads of a process.
 *
 * A copy that is paused in the queue is held: the slot is live, and neither a thread nor
 * the queue has its job, until it is queued again or cancelled.
 *
 * Each slot in use takes a place from the quota of its client (quota.c), which belongs to
 * the table.  It is given back when the slot is released, not when the copy ends.
 *
 * exit(3): the table is closed, and what is live is cancelled; exit.c waits for it.
 *
 * fork(2): the child gets none of it.  The descriptors are closed there, the
 * memory is freed, except what the threads that do not exist any more had open.
 */
#include <config.h>

#include "cookie.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "clock.h"
#include "container.h"
#include "count.h"
#include "identity.h"
#include "limit.h"
#include "pause.h"
#include "pin.h"
#include "policy.h"
#include "pool.h"
#include "quota.h"
#include "slots.h"
#include "sys.h"

/* Bytes whose copying is as much work as that of a small file */
#define WORK_UNIT (256 * 1024)

/* The time for the quota, which does not need to be exact */
static int64_t coarse_now(void)
{
	return cf_clock(CLOCK_MONOTONIC_COARSE);
}

static struct {
	pthread_mutex_t lock;
	struct cf_slots slots;
	struct cf_quota quota;		/* slots in use */
	atomic_uint busy;		/* slots whose copy has not ended */
	bool fork_hooked;
	bool closed;			/* the process ends: no more cookies */
} table = { .lock = PTHREAD_MUTEX_INITIALIZER, .quota.clock = coarse_now };

/* Returns the slot of cookie, which is live or ended, and locks it; or NULL. */
static struct cf_slot *lock_slot(long cookie)
{
	pthread_mutex_lock(&table.lock);
	struct cf_slot *s = cf_slots_find(&table.slots, cookie);
	if (s)
		pthread_mutex_lock(&s->lock);
	pthread_mutex_unlock(&table.lock);
	if (s && s->state == CF_FREE) {
		pthread_mutex_unlock(&s->lock);
		s = NULL;
	}
	return s;
}

/* ---------------------------------------------------------------- fork */

static void fork_prepare(void)
{
	pthread_mutex_lock(&table.lock);
	cf_pool_fork_prepare();
}

static void fork_parent(void)
{
	cf_pool_fork_parent();
	pthread_mutex_unlock(&table.lock);
}

static void fork_child(void)
{
	cf_pool_fork_child();
	for (int fd = 0; fd < table.slots.size; fd++) {
		struct cf_slot *s = table.slots.by_fd[fd];

		if (!s)
			continue;
		/* If a thread was at work on the copy, it is not known what it had open. */
		if (s->task.lane || s->held)
			cf_job_fini(&s->job);
		else
			free(s->job.names);
	}
	cf_slots_clear_in_child(&table.slots);
	cf_quota_clear(&table.quota);
	table.busy = 0;
	table.closed = false;
	pthread_mutex_unlock(&table.lock);
}

static int hook_fork_locked(void)
{
	int r = table.fork_hooked ? 0 : -pthread_atfork(fork_prepare, fork_parent, fork_child);

	if (r == 0)
		table.fork_hooked = true;
	return r;
}

/* ----------------------------------------------------------- the copy */

/*
 * Returns r, or another error in place of one that copyfile_ctrl() has for a wrong call: after
 * such a one the caller would keep the cookie.
 */
static int no_error_of_the_call(int r)
{
	return r == -EBADF  ? -ESTALE	/* a directory that COPYFILE_STEADY had promised */
	     : r == -ENOSYS ? -EOPNOTSUPP
	     : r == -EFAULT ? -EIO
			    : r;
}

/* The job has ended.  Returns the descriptor, which is to be raised: then s may be gone. */
static int end_locked(struct cf_slot *s)
{
	assert(s->state == CF_LIVE && !s->task.lane && table.busy);
	s->job.error = no_error_of_the_call(s->job.error);
	s->state = CF_ENDED;
	atomic_fetch_sub(&table.busy, 1);
	return s->fd;
}

static void raise_fd(int fd)
{
	/* It cannot fail: the descriptor is ours, and the counter far from full. */
	(void)cf_eventfd_raise(fd);
}

/* Lower the descriptor of s, which is raised, or is about to be. */
static void lower_fd(struct cf_slot *s)
{
	int r;

	while ((r = cf_eventfd_lower(s->fd)) == -EAGAIN)
		(void)cf_wait_readable(s->fd);
	s->lost = r < 0;
}

static bool steady(const struct cf_job *job)
{
	return job->flags & COPYFILE_STEADY;
}

/* Returns true if this thread may copy for the starter of s; else the job has ended. */
static bool may_begin(struct cf_slot *s)
{
	struct cf_identity now;

	if (steady(&s->job))
		return true;
	cf_identity_get(&now);
	if (cf_identity_same(&now, &s->caller))
		return true;
	cf_pool_changed(&now);
	cf_job_refuse(&s->job, -EPERM);
	return false;
}

/*
 * Open the source, to see how big it is.  Returns false if it is big and was queued again:
 * then another thread may be at work on s already.
 */
static bool may_go_on(struct cf_slot *s)
{
	if (s->task.big || cf_job_open(&s->job) < 0 ||
	    cf_relaxed_get(s->job.watch.total) <= CF_BIG_SIZE || cf_pool_begin_big())
		return true;
	cf_job_close(&s->job);
	pthread_mutex_lock(&s->lock);
	/* A copy that is cancelled is not queued: nobody would take it out of the queue. */
	bool go = cf_relaxed_get(s->job.watch.cancel);
	if (!go)
		cf_pool_requeue_big(&s->task);
	pthread_mutex_unlock(&s->lock);
	return go;
}

/* Make the copy in this thread.  s is not locked.  Returns false where may_go_on() does. */
static bool copy(struct cf_slot *s)
{
	struct cf_policy_sample sample;

	if (!may_begin(s))
		return true;
	cf_policy_begin(&sample, s->job.place.pair, false);
	if (!may_go_on(s))
		return false;
	if (s->task.big || cf_relaxed_get(s->job.watch.total) > CF_BIG_SIZE)
		cf_policy_is_big(&sample);
	if (!s->job.error)
		cf_job_run(&s->job);
	/* How long it took says as little as with a big copy. */
	if (cf_relaxed_get(s->job.watch.was_paused))
		cf_policy_is_big(&sample);
	cf_policy_end(&sample, cf_relaxed_get(s->job.watch.moved), s->job.calls);
	cf_count(CF_COOKIES, 1);
	return true;
}

static unsigned int run(struct cf_task *task)
{
	struct cf_slot *s = cf_container_of(task, struct cf_slot, task);

	if (!copy(s))
		return 1;
	unsigned int work = 1 + cf_relaxed_get(s->job.watch.moved) / WORK_UNIT;
	pthread_mutex_lock(&s->lock);
	int fd = end_locked(s);
	pthread_mutex_unlock(&s->lock);
	raise_fd(fd);
	return work;
}

/* What a copy without COPYFILE_STEADY keeps of its caller */
struct context {
	struct cf_pin pin;
	struct cf_identity caller;
};

static int get_context(struct context *b, const struct cf_job *job)
{
	b->pin.held = false;
	if (steady(job))
		return 0;
	cf_identity_get(&b->caller);
	int r = cf_pin_get(&b->pin, job->src_dir, job->src, job->dst_dir, job->dst);
	/* EAGAIN would say that too many cookies are live. */
	return r == -EAGAIN ? -EBUSY : r;
}

/*
 * Returns true if the pool may copy for who.  Where its threads have another identity it
 * is stopped, to start anew, unless copies are under way.
 */
static bool adapt_pool_locked(const struct cf_identity *who)
{
	if (cf_pool_alike(who))
		return true;
	if (table.busy)
		return false;
	/* Its threads have nothing left to do but to go to sleep. */
	cf_pool_stop();
	return true;
}

/* Put job into s, a free slot, and queue it.  0, or -errno and s is free. */
static int launch_locked(struct cf_slot *s, const struct cf_job *job, struct context *b,
			 struct cf_pool_limits limits)
{
	pthread_mutex_lock(&s->lock);
	int r = cf_job_adopt(&s->job, job, &b->pin);
	if (r == 0) {
		b->pin.held = false;
		s->caller = b->caller;
		s->task.run = run;
		s->task.client = job->client;
		s->task.place = job->place.dir;
		s->task.big = cf_relaxed_get(job->watch.total) > CF_BIG_SIZE;
		s->state = CF_LIVE;
		atomic_fetch_add(&table.busy, 1);
		r = cf_pool_submit(&s->task, limits);
		if (r < 0) {
			cf_job_fini(&s->job);
			s->state = CF_FREE;
			atomic_fetch_sub(&table.busy, 1);
		}
	}
	pthread_mutex_unlock(&s->lock);
	return r;
}

/* Make a cookie for job, for which holder has taken a place. */
static int start_in_place_locked(const struct cf_job *job, struct context *b,
				 struct cf_holder *holder, struct cf_pool_limits limits)
{
	struct cf_slot *s;
	int r = cf_slots_take(&table.slots, &s);

	if (r < 0)
		return r;
	/* Once the table is unlocked the copy may end, and another one may get the slot. */
	int cookie = s->fd;
	s->holder = holder;
	r = launch_locked(s, job, b, limits);
	if (r < 0) {
		cf_slots_give(&table.slots, s);
		return r;
	}
	return cookie;
}

static int start_locked(const struct cf_job *job, struct context *b, unsigned int pending,
			struct cf_pool_limits limits)
{
	struct cf_holder *holder = NULL;
	int r = table.closed ? -ECANCELED : hook_fork_locked();

	if (r == 0)
		r = cf_quota_take(&table.quota, job->client, pending, &holder);
	if (r < 0)
		return r;
	if (!steady(job) && !adapt_pool_locked(&b->caller)) {
		cf_quota_refuse_until_idle(&table.quota, holder);
		return -EPERM;
	}
	r = start_in_place_locked(job, b, holder, limits);
	if (r < 0)
		cf_quota_give(&table.quota, holder);
	return r;
}

int cf_cookie_start(const struct cf_job *job, unsigned int pending, struct cf_pool_limits limits)
{
	struct context b;
	int r = get_context(&b, job);

	if (r < 0)
		return r;
	pthread_mutex_lock(&table.lock);
	r = start_locked(job, &b, pending, limits);
	pthread_mutex_unlock(&table.lock);
	cf_pin_put(&b.pin);
	return r;
}

int cf_cookie_room_fd(uint64_t client)
{
	pthread_mutex_lock(&table.lock);
	int r = hook_fork_locked();
	if (r == 0)
		r = cf_quota_fd(&table.quota, client);
	pthread_mutex_unlock(&table.lock);
	return r;
}

/* ------------------------------------------------------------ control */

/* Take the result of an ended copy, and give back its slot, which is locked. */
static int release(struct cf_slot *s, struct copyfile_info *ret)
{
	int r = s->job.error;

	assert(s->state == CF_ENDED && !s->waiting);
	cf_job_info(&s->job, true, ret);
	s->state = CF_FREE;
	pthread_mutex_unlock(&s->lock);
	lower_fd(s);

	pthread_mutex_lock(&table.lock);
	/* With the table locked: a child of fork(2) frees what it finds there. */
	cf_job_fini(&s->job);
	cf_quota_give(&table.quota, s->holder);
	cf_slots_give(&table.slots, s);
	pthread_mutex_unlock(&table.lock);
	return r;
}

/* Sleep until s, which is locked, has ended, or a handler has run. */
static void await(struct cf_slot *s)
{
	s->waiting = true;
	pthread_mutex_unlock(&s->lock);
	(void)cf_wait_readable(s->fd);
	pthread_mutex_lock(&s->lock);
	s->waiting = false;
}

/* Let the copy stop at the next chunk; or at once, if no thread has begun with it. */
static void cancel_locked(struct cf_slot *s)
{
	cf_relaxed_set(s->job.watch.cancel, true);
	cf_pause_end(&s->job.watch);
	cf_limit_wake();
	if (s->held || cf_pool_remove(&s->task)) {
		s->held = false;
		cf_job_run(&s->job);	/* which sees that it is cancelled, and ends */
		raise_fd(end_locked(s));
	}
}

/* Let the copy stand still at the next chunk.  If no thread has begun with it, none does. */
static void pause_locked(struct cf_slot *s)
{
	if (cf_relaxed_get(s->job.watch.cancel) || s->held)
		return;
	cf_pause_begin(&s->job.watch);
	s->held = cf_pool_remove(&s->task);
}

static void resume_locked(struct cf_slot *s)
{
	cf_pause_end(&s->job.watch);
	if (!s->held)
		return;
	s->held = false;
	int r = cf_pool_put_back(&s->task);
	if (r < 0) {
		cf_job_refuse(&s->job, r);
		raise_fd(end_locked(s));
	}
}

/* Do cmd, which does not ask for the result. */
static void command_locked(struct cf_slot *s, unsigned long cmd)
{
	if (s->state != CF_LIVE)
		return;
	if (cmd == COPYFILE_CANCEL)
		cancel_locked(s);
	else if (cmd == COPYFILE_PAUSE)
		pause_locked(s);
	else if (cmd == COPYFILE_RESUME)
		resume_locked(s);
}

int cf_cookie_ctrl(long cookie, unsigned long cmd, struct copyfile_info *ret,
		   bool *released)
{
	*released = false;
	if (cmd < COPYFILE_WAIT || cmd > COPYFILE_RESUME)
		return -ENOSYS;
	struct cf_slot *s = lock_slot(cookie);
	if (!s)
		return -EBADF;

	/* If another thread waits, the result is for that one. */
	bool wanted = (cmd == COPYFILE_WAIT || cmd == COPYFILE_STATUS) && !s->waiting;
	if (cmd == COPYFILE_WAIT && wanted && s->state == CF_LIVE)
		await(s);
	if (wanted && s->state == CF_ENDED) {
		*released = true;
		return release(s, ret);
	}
	int percent = s->state == CF_ENDED ? 1 : cf_job_remaining(&s->job);
	command_locked(s, cmd);
	cf_job_info(&s->job, s->state == CF_ENDED, ret);
	pthread_mutex_unlock(&s->lock);
	return percent;
}

int cf_cookie_info(long cookie, struct copyfile_info *ret)
{
	struct cf_slot *s = lock_slot(cookie);

	if (!s)
		return -EBADF;
	cf_job_info(&s->job, s->state == CF_ENDED, ret);
	pthread_mutex_unlock(&s->lock);
	return 0;
}

void cf_cookie_end_all(const struct timespec *until)
{
	if (pthread_mutex_timedlock(&table.lock, until) != 0)
		return;
	table.closed = true;
	for (int fd = 0; fd < table.slots.size; fd++) {
		struct cf_slot *s = table.slots.by_fd[fd];

		if (!s || pthread_mutex_timedlock(&s->lock, until) != 0)
			continue;
		if (s->state == CF_LIVE)
			cancel_locked(s);
		pthread_mutex_unlock(&s->lock);
	}
	pthread_mutex_unlock(&table.lock);
}

bool cf_cookie_busy(void)
{
	return table.busy;
}

int cf_cookie_quiesce(int (*change)(const void *arg), const void *arg)
{
	pthread_mutex_lock(&table.lock);
	int r = table.quota.live ? -EBUSY : change(arg);
	pthread_mutex_unlock(&table.lock);
	return r;
}

static int discard_all(const void *arg)
{
	(void)arg;
	cf_pool_stop();
	cf_slots_clear(&table.slots);
	cf_quota_clear(&table.quota);
	return 0;
}

int cf_cookie_shutdown(void)
{
	return cf_cookie_quiesce(discard_all, NULL);
}
