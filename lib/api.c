/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * api - the public entry points: check the arguments, set errno.
 *
 * Design: the library calls nothing of its own by a public name, so that a program may
 * have a copyfile() of its own.
 */
#include <config.h>

#include "libcopyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "attr.h"
#include "callers.h"
#include "clock.h"
#include "cookie.h"
#include "cores.h"
#include "count.h"
#include "digest.h"
#include "job.h"
#include "limit.h"
#include "newdir.h"
#include "place.h"
#include "policy.h"
#include "pool.h"
#include "relaxed.h"
#include "sample.h"
#include "scale.h"
#include "start.h"
#include "sys.h"
#include "temp.h"

#define IS_SIZE_OF(type, size) \
	static_assert(sizeof(type) == (size), "the first version of " #type)

IS_SIZE_OF(struct copyfile_how, COPYFILE_HOW_SIZE_VER0);
IS_SIZE_OF(struct copyfile_setup, COPYFILE_SETUP_SIZE_VER0);
IS_SIZE_OF(struct copyfile_advice, COPYFILE_ADVICE_SIZE_VER0);
IS_SIZE_OF(struct copyfile_limits, COPYFILE_LIMITS_SIZE_VER0);
static_assert(offsetof(struct copyfile_stats, decisions) == COPYFILE_STATS_SIZE_VER0,
	      "the first version of struct copyfile_stats, without decisions");
static_assert(offsetof(struct copyfile_info, src_dev) == COPYFILE_INFO_SIZE_VER0,
	      "the first version of struct copyfile_info, without src");

/* Most threads that may be asked for; guards against a wild number. */
#define MAX_THREADS 4096

/* What copyfile_setup() asked for */
static _Atomic uint64_t chunk;

/* The copy that last ended in a call of this thread */
static _Thread_local struct copyfile_info last;

/* --------------------------------------------------------- conventions */

/* No call is a cancellation point, whatever it calls. */
static int enter(void)
{
	int old = PTHREAD_CANCEL_ENABLE;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
	return old;
}

static int leave(int old, int r)
{
	pthread_setcancelstate(old, NULL);
	if (r < 0)
		errno = -r;
	return r;
}

/*
 * Copy the caller's structure, of size bytes, into ours, of known bytes.  size is at least
 * that of the first version.
 */
static int read_struct(void *to, size_t known, const void *from, size_t size, size_t first)
{
	if (size < first)
		return -EINVAL;
	memset(to, 0, known);
	memcpy(to, from, size < known ? size : known);
	for (size_t i = known; i < size; i++)
		if (((const unsigned char *)from)[i])
			return -E2BIG;
	return 0;
}

/* Fill the caller's structure, of size bytes, from ours, of known bytes; the rest is 0. */
static void write_struct(void *to, size_t size, const void *from, size_t known)
{
	memset(to, 0, size);
	memcpy(to, from, size < known ? size : known);
}

static bool both(uint64_t flags, uint64_t a, uint64_t b)
{
	return flags & a && flags & b;
}

/* Each gives a new destination other permissions than those of the source. */
#define MADE_UP_MODES (COPYFILE_PLAIN_MODE | COPYFILE_GIVEN_MODE)

static int check_flags(uint64_t f)
{
	const uint64_t data = COPYFILE_REPLACE | COPYFILE_TRUNCATE | COPYFILE_REFLINK |
			      COPYFILE_NO_REFLINK | COPYFILE_SPARSE | COPYFILE_NO_SPARSE |
			      COPYFILE_FSYNC | COPYFILE_KEEP_PARTIAL | COPYFILE_VERIFY |
			      COPYFILE_ATOMIC | COPYFILE_NOFOLLOW_DST | COPYFILE_CHECK_SRC |
			      MADE_UP_MODES;
	const uint64_t other = COPYFILE_ATTRS | COPYFILE_LENIENT | COPYFILE_ATTRS_ONLY |
			       COPYFILE_NOFOLLOW | COPYFILE_SYNC | COPYFILE_ASYNC |
			       COPYFILE_STEADY | COPYFILE_ONE_NAME;

	if (f & ~(data | other))
		return -EINVAL;
	if (both(f, COPYFILE_REPLACE | COPYFILE_ATOMIC, COPYFILE_TRUNCATE) ||
	    both(f, COPYFILE_REFLINK, COPYFILE_NO_REFLINK) ||
	    both(f, COPYFILE_SPARSE, COPYFILE_NO_SPARSE) ||
	    both(f, COPYFILE_REFLINK, COPYFILE_SPARSE | COPYFILE_NO_SPARSE) ||
	    both(f, COPYFILE_SYNC, COPYFILE_ASYNC) || both(f, COPYFILE_ATTRS_ONLY, data) ||
	    both(f, COPYFILE_PLAIN_MODE, COPYFILE_GIVEN_MODE) ||
	    both(f, MADE_UP_MODES, COPYFILE_MODE | COPYFILE_ACL))
		return -EINVAL;
	return 0;
}

/* With these a copy makes no new name, or a file that newdir.c would not know. */
#define NOT_IN_NEWDIR (COPYFILE_REPLACE | COPYFILE_ATOMIC | COPYFILE_TRUNCATE | \
		       COPYFILE_ATTRS_ONLY)

static int check_how(const struct copyfile_how *how)
{
	const uint32_t bits = how->flags & COPYFILE_GIVEN_MODE ? 0777 : 0;

	if (how->newdir && how->flags & NOT_IN_NEWDIR)
		return -EINVAL;
	if (how->hash > COPYFILE_HASH_SHA256 || (how->hash && how->flags & COPYFILE_ATTRS_ONLY))
		return -EINVAL;
	if (how->hash && !cf_digest_name(how->hash))
		return -EOPNOTSUPP;
	if ((how->dst_dev || how->dst_ino) && !(how->flags & COPYFILE_TRUNCATE))
		return -EINVAL;
	if (how->from && (!how->dst_ino || how->flags & COPYFILE_REFLINK || how->from > INT64_MAX))
		return -EINVAL;
	return how->mode & ~bits ? -EINVAL : check_flags(how->flags);
}

/* ------------------------------------------------------ starting a copy */

/* Returns named, or if that is 0 what stands for this thread: the address of its own variable. */
static uint64_t client_number(uint64_t named)
{
	return named ? named : (uintptr_t)&last;
}

/* Run j, unless there is an error r already.  Returns what copyfile() returns. */
static int run_or_refuse(struct cf_job *j, const struct copyfile_how *how, int r)
{
	j->client = client_number(how->client);
	if (r == 0)
		r = cf_start(j);
	if (r <= 0) {
		j->error = r;
		cf_job_info(j, true, &last);
		if (how->result)
			write_struct(how->result, how->result_size, &last, sizeof last);
	}
	cf_job_fini(j);
	return r;
}

static int start(int src_dir, const char *src, int dst_dir, const char *dst,
		 const struct copyfile_how *how)
{
	struct cf_job j;
	int r = check_how(how);

	if (r == 0 && (!src || !dst))
		r = -EFAULT;
	cf_job_init(&j, src_dir, src, dst_dir, dst, how, cf_relaxed_get(chunk),
		    r < 0 ? (struct cf_place){ 0 } : cf_place_of(src_dir, src, dst_dir, dst));
	return run_or_refuse(&j, how, r);
}

/* Flags that mean nothing for a destination that exists, and has no name */
#define NOT_FOR_FDS (COPYFILE_REPLACE | COPYFILE_ATOMIC | COPYFILE_KEEP_PARTIAL | \
		     COPYFILE_NOFOLLOW | COPYFILE_ATTRS_ONLY | COPYFILE_ONE_NAME | \
		     COPYFILE_NOFOLLOW_DST | MADE_UP_MODES)

/* O_APPEND is EBADF as for copy_file_range(2): each write would go to the end. */
static int check_fds(int src, int dst)
{
	int from = fcntl(src, F_GETFL), to = fcntl(dst, F_GETFL);

	if (from < 0 || from & O_PATH || (from & O_ACCMODE) == O_WRONLY || to < 0 ||
	    to & (O_PATH | O_APPEND) || (to & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	return (from | to) & O_DIRECT ? -EINVAL : 0;
}

static int start_fds(int src, int dst, const struct copyfile_how *how)
{
	struct cf_job j;
	bool named = how->newdir || how->dst_dev || how->dst_ino || how->from;
	int r = how->flags & NOT_FOR_FDS || named ? -EINVAL : check_how(how);

	if (r == 0)
		r = check_fds(src, dst);
	cf_job_init_fds(&j, src, dst, how, cf_relaxed_get(chunk),
			r < 0 ? (struct cf_place){ 0 } : cf_place_of_files(src, dst));
	return run_or_refuse(&j, how, r);
}

/* A null pointer with a size of 0 stands for a structure of zeros. */
static int read_how(struct copyfile_how *ret, const struct copyfile_how *how, size_t size)
{
	int r = size ? -EFAULT : 0;

	*ret = (struct copyfile_how){ 0 };
	if (how)
		r = read_struct(ret, sizeof *ret, how, size, COPYFILE_HOW_SIZE_VER0);
	if (r == 0 && !ret->result && ret->result_size)
		r = -EFAULT;
	return r;
}

int copyfileat(int src_dir, const char *src, int dst_dir, const char *dst,
	       const struct copyfile_how *how, size_t size)
{
	struct copyfile_how h;
	int state = enter();
	int r = read_how(&h, how, size);

	return leave(state, r < 0 ? r : start(src_dir, src, dst_dir, dst, &h));
}

int copyfilefd(int src_fd, int dst_fd, const struct copyfile_how *how, size_t size)
{
	struct copyfile_how h;
	int state = enter();
	int r = read_how(&h, how, size);

	return leave(state, r < 0 ? r : start_fds(src_fd, dst_fd, &h));
}

int copyfile(const char *src, const char *dst, unsigned long flags)
{
	struct copyfile_how h = { .flags = flags };
	int state = enter();

	return leave(state, start(AT_FDCWD, src, AT_FDCWD, dst, &h));
}

static struct cf_newdir *newdir_of(uint64_t number)
{
	return (struct cf_newdir *)(uintptr_t)number;
}

int copyfile_newdir_begin(int dir, uint64_t above, uint64_t *ret)
{
	struct cf_newdir *newdir = NULL;
	int state = enter();
	int r = ret ? cf_newdir_begin(dir, newdir_of(above), &newdir) : -EFAULT;

	if (r == 0)
		*ret = (uintptr_t)newdir;
	return leave(state, r);
}

void copyfile_newdir_end(uint64_t newdir)
{
	cf_newdir_free(newdir_of(newdir));
}

int copyfile_temp_name(int dir, const char *name, char *ret, size_t size)
{
	int state = enter();
	char *temp = name && ret ? cf_temp_name(dir, name) : NULL;
	int r = !name || !ret ? -EFAULT : !temp ? -ENOMEM : 0;

	if (r == 0 && strlen(temp) >= size)
		r = -ENAMETOOLONG;
	if (r == 0)
		strcpy(ret, temp);
	free(temp);
	return leave(state, r);
}

int copyfile_sweep(int dir)
{
	int state = enter();

	return leave(state, cf_temp_sweep(dir));
}

int copyfile_room_fd(uint64_t client)
{
	int state = enter();

	return leave(state, cf_cookie_room_fd(client_number(client)));
}

/* ------------------------------------------------- watching, controlling */

static int control(long cookie, unsigned long cmd, struct copyfile_info *info)
{
	bool released;
	int r = cf_cookie_ctrl(cookie, cmd, info, &released);

	if (released)
		last = *info;
	return r;
}

int copyfile_ctrl(long cookie, unsigned long cmd)
{
	struct copyfile_info info;
	int state = enter();

	return leave(state, control(cookie, cmd, &info));
}

int copyfile_ctrl_info(long cookie, unsigned long cmd, struct copyfile_info *ret, size_t size)
{
	struct copyfile_info info;
	int state = enter();
	int r = ret ? control(cookie, cmd, &info) : -EFAULT;

	if (ret && r != -EBADF && r != -ENOSYS)
		write_struct(ret, size, &info, sizeof info);
	return leave(state, r);
}

int copyfile_info(long cookie, struct copyfile_info *ret, size_t size)
{
	struct copyfile_info info;
	int state = enter();
	int r = !ret ? -EFAULT : size < COPYFILE_INFO_SIZE_VER0 ? -EINVAL : 0;

	if (r == 0 && cookie == 0)
		info = last;
	else if (r == 0)
		r = cf_cookie_info(cookie, &info);
	if (r == 0)
		write_struct(ret, size, &info, sizeof info);
	return leave(state, r);
}

const char *copyfile_hash_name(unsigned int hash)
{
	return cf_digest_name(hash ? hash : cf_digest_default());
}

const char *copyfile_stage_name(unsigned int stage)
{
	switch (stage) {
	case COPYFILE_QUEUED:	return "waiting";
	case COPYFILE_OPEN_SRC:	return "opening the source";
	case COPYFILE_OPEN_DST:	return "opening the destination";
	case COPYFILE_READ:	return "reading";
	case COPYFILE_WRITE:	return "writing";
	case COPYFILE_MOVE:	return "copying";
	case COPYFILE_COMPARE:	return "comparing";
	case COPYFILE_SETATTR:	return "setting attributes";
	case COPYFILE_FLUSH:	return "flushing";
	case COPYFILE_PUBLISH:	return "naming the destination";
	case COPYFILE_DONE:	return "done";
	default:		return "unknown stage";
	}
}

static bool is_path_fd(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && flags & O_PATH;
}

/* Returns true if utimensat(2) accepts t.  LENIENT would hide its EINVAL. */
static bool is_time(const struct timespec *t)
{
	return t->tv_nsec == UTIME_NOW || t->tv_nsec == UTIME_OMIT ||
	       (t->tv_nsec >= 0 && t->tv_nsec < 1000000000);
}

static int copy_attrs(int src_fd, int dst_fd, unsigned long flags,
		      const struct timespec *times)
{
	struct stat st;
	struct cf_attr a = {
		.src = src_fd, .dst = dst_fd, .st = &st, .flags = flags, .times = times,
		.path = is_path_fd(src_fd) || is_path_fd(dst_fd),
	};
	int r = flags & ~(COPYFILE_ATTRS | COPYFILE_LENIENT) ? -EINVAL : 0;

	if (times && !(is_time(&times[0]) && is_time(&times[1])))
		r = -EINVAL;
	if (r == 0)
		r = cf_fstat(src_fd, &st);
	if (r == 0)
		r = cf_attr_copy(&a);
	last = (struct copyfile_info){
		.error = r, .skipped = a.skipped, .skipped_error = a.skipped_error,
		.stage = r < 0 ? COPYFILE_SETATTR : COPYFILE_DONE,
	};
	return r;
}

int copyfile_attrs(int src_fd, int dst_fd, unsigned long flags)
{
	int state = enter();

	return leave(state, copy_attrs(src_fd, dst_fd, flags, NULL));
}

int copyfile_attrs_times(int src_fd, int dst_fd, unsigned long flags,
			 const struct timespec *times)
{
	int state = enter();

	return leave(state, copy_attrs(src_fd, dst_fd, flags, times));
}

int copyfile_attrs_info(int src_fd, int dst_fd, unsigned long flags,
			struct copyfile_info *ret, size_t size)
{
	int state = enter();
	int r = ret ? copy_attrs(src_fd, dst_fd, flags, NULL) : -EFAULT;

	if (ret)
		write_struct(ret, size, &last, sizeof last);
	return leave(state, r);
}

/* --------------------------------------------------------------- set-up */

static void copy_view(const struct cf_pool_view *view, void *arg)
{
	const struct cf_scale *scale = view->scale;
	struct copyfile_stats *s = arg;
	unsigned int n = scale->ndecisions, kept = n < CF_SCALE_HISTORY ? n : CF_SCALE_HISTORY;

	s->threads = view->threads;
	s->threads_peak = view->peak;
	s->busy_big = view->big;
	s->threads_target = scale->target;
	s->ndecisions = kept;
	for (unsigned int i = 0; i < kept; i++)
		s->decisions[i] = scale->history[(n - kept + i) % CF_SCALE_HISTORY];
}

int copyfile_stats(struct copyfile_stats *ret, size_t size)
{
	struct copyfile_stats s = {
		.copies = cf_counted(CF_COPIES), .cookies = cf_counted(CF_COOKIES),
		.calls = cf_counted(CF_CALLS), .bytes_cloned = cf_counted(CF_CLONED),
		.bytes_offloaded = cf_counted(CF_OFFLOADED),
		.bytes_buffered = cf_counted(CF_BUFFERED), .cores = cf_cores(),
		.callers = cf_callers_count(), .waiting = cf_policy_waiting(),
	};
	int state = enter();

	if (!ret || size < COPYFILE_STATS_SIZE_VER0)
		return leave(state, ret ? -EINVAL : -EFAULT);
	cf_pool_look(copy_view, &s);
	write_struct(ret, size, &s, sizeof s);
	return leave(state, 0);
}

/* A struct copyfile_work holds a sample. */
static_assert(sizeof(struct cf_sample) <= sizeof(struct copyfile_work), "it has room");

void copyfile_work_begin(struct copyfile_work *work)
{
	struct cf_sample s = { .taken = false };
	int old_errno = errno;

	cf_limit_begin_work();
	cf_sample_begin(&s, cf_clock(CLOCK_MONOTONIC_COARSE), false);
	memcpy(work, &s, sizeof s);
	errno = old_errno;
}

void copyfile_work_end(struct copyfile_work *work, int src_dir, int dst_dir,
		       unsigned int calls)
{
	struct cf_sample s;
	int old_errno = errno;

	memcpy(&s, work, sizeof s);
	cf_limit_end_work(calls);
	bool waits = cf_policy_demand(), counts = cf_sample_counts(&s);
	if (counts || waits) {
		uint64_t pair = cf_place_of(src_dir, "", dst_dir, "").pair;

		if (counts)
			cf_policy_end_work(&s, pair, calls);
		if (waits)
			cf_start_worked(pair, cf_sample_took(&s));
	}
	errno = old_errno;
}

int copyfile_advice(struct copyfile_advice *ret, size_t size)
{
	struct cf_pool_load load = cf_pool_load();
	unsigned int callers = cf_policy_callers_wanted(), demand = cf_policy_demand();
	struct copyfile_advice a = {
		/* As long as the pool was given no copy that waits it has made no trials. */
		.threads = demand > load.target && !load.waits ? demand : load.target,
		.callers = load.big < callers ? callers - load.big : 1,
		.waits = demand > 0,
		.idle = load.idle,
	};
	int state = enter();

	if (!ret || size < COPYFILE_ADVICE_SIZE_VER0)
		return leave(state, ret ? -EINVAL : -EFAULT);
	write_struct(ret, size, &a, sizeof a);
	return leave(state, 0);
}

static int change_setup(const void *arg)
{
	const struct copyfile_setup *s = arg;

	/* Threads beyond a new limit would stay. */
	cf_pool_stop();
	cf_start_setup(s->threads, s->pending);
	cf_relaxed_set(chunk, s->chunk);
	return 0;
}

int copyfile_setup(const struct copyfile_setup *s, size_t size)
{
	struct copyfile_setup ours;
	int state = enter();
	int r = s ? read_struct(&ours, sizeof ours, s, size, COPYFILE_SETUP_SIZE_VER0) : -EFAULT;

	if (r == 0 && ours.threads > MAX_THREADS)
		r = -EINVAL;
	/* Every transfer must fit into an ssize_t. */
	if (r == 0 && ours.chunk > 1 << 30)
		ours.chunk = 1 << 30;
	return leave(state, r < 0 ? r : cf_cookie_quiesce(change_setup, &ours));
}

int copyfile_limit(const struct copyfile_limits *l, size_t size)
{
	struct copyfile_limits ours;
	int state = enter();
	int r = l ? read_struct(&ours, sizeof ours, l, size, COPYFILE_LIMITS_SIZE_VER0) : -EFAULT;

	if (r == 0 && (ours.threads > MAX_THREADS || ours.paused > 1 || ours.adaptive > 1))
		r = -EINVAL;
	if (r == 0 && (ours.reserved32 || ours.reserved))
		r = -E2BIG;
	if (r < 0)
		return leave(state, r);
	cf_limit_set(&(struct cf_limits){
		.bytes = ours.bytes, .calls = ours.calls, .paused = ours.paused,
		.adaptive = ours.adaptive,
	});
	cf_start_limit(ours.threads);
	return leave(state, 0);
}

void copyfile_limit_take(uint64_t bytes, unsigned int calls)
{
	if (!cf_limit_is_on())
		return;
	int old_errno = errno, state = enter();

	cf_limit_made(calls);
	cf_limit_take(bytes);
	leave(state, 0);
	errno = old_errno;
}

int copyfile_shutdown(void)
{
	int state = enter();

	return leave(state, cf_cookie_shutdown());
}
