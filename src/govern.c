/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the library holds its limits by letting threads sleep.  The main thread may be one of
 * them, so it cannot be the one that changes them: a thread of its own does, which looks ten times
 * a second.
 *
 * That thread also sees when the time of the run is up.  Main may wait then for something that has
 * no time limit, such as an answer: it is interrupted until the run has ended, as a single signal
 * may come just before it begins to wait.
 *
 * It reads the file of --control as well.  In a pause walkers stand still at context_pass(), copies
 * in the library; main, too, if it makes one, so nobody but this thread could end the pause.
 *
 * When the run has to end at once the limits are lifted.  What is under way is then undone, or
 * comes to its end, without waiting for its turn.
 */
#include <config.h>

#include "govern.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/loop.h"
#include "base/options.h"
#include "base/signals.h"
#include "base/stop.h"
#include "base/size.h"
#include "base/thread.h"
#include "control.h"
#include "copy/context.h"
#include "report/json.h"
#include "report/message.h"
#include "report/output.h"
#include "report/report.h"
#include "timespec.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* From one look to the next, in nanoseconds */
#define LOOK_EVERY (CLOCK_SECOND / 10)

static struct {
	pthread_mutex_t lock;		/* of ended */
	pthread_cond_t wake;		/* signalled when ended is set */
	pthread_t thread;
	bool running;			/* there is the thread */
	const struct options *opts;
	int64_t end;			/* of max_time: CLOCK_MONOTONIC, ns */
	struct control control;		/* the file of --control, if there is one */
	struct control_settings now;	/* what is in force */
	bool ended;			/* it has to end */
} governor = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* From <linux/ioprio.h>, which a libc without kernel headers lacks */
#define WHO_PROCESS 1
#define CLASS_IDLE 3
#define CLASS_SHIFT 13

#define LOWEST_NICE 19

void govern_priority(const struct options *o)
{
	static const struct report_about about = { .op = OP_RUN };

	if (!o->nice)
		return;
	/* Both are a thread's, and handed on to those that it starts. */
	if (setpriority(PRIO_PROCESS, 0, LOWEST_NICE) < 0)
		report_warning(&about, errno, "warning: cannot lower the priority");
	if (syscall(SYS_ioprio_set, WHO_PROCESS, 0, CLASS_IDLE << CLASS_SHIFT) < 0)
		report_warning(&about, errno, "warning: cannot lower the priority for disks");
}

static void set_limits(const struct copyfile_limits *limits)
{
	int r = copyfile_limit(limits, sizeof *limits);

	if (r < 0)
		report_error(-r, "cannot limit the copies");
}

/* Returns the number of threads that the library may have, for so many jobs; 0: as set up. */
static uint32_t threads(const struct context *c, uint32_t jobs)
{
	if (jobs == c->opts->jobs)
		return 0;
	return jobs < c->most_threads ? jobs : c->most_threads;
}

/* lifted: nothing holds the run back any more. */
static void put_in_force(struct context *c, const struct control_settings *s, bool lifted)
{
	/* The walkers first: what they start must not stand still in the call. */
	if (c->opts->control)
		workers_restrain(&c->workers, s->jobs ? s->jobs : UINT_MAX, s->paused);
	set_limits(&(struct copyfile_limits){
		.bytes = s->bwlimit, .calls = s->ops_limit, .threads = threads(c, s->jobs),
		.paused = s->paused, .adaptive = !lifted && c->opts->adaptive,
	});
	governor.now = *s;
}

static void lift_limits(struct context *c)
{
	put_in_force(c, &(struct control_settings){ .jobs = governor.now.jobs }, true);
}

/* ---------------------------------------------------------------- the file */

static bool same(const struct control_settings *a, const struct control_settings *b)
{
	return a->bwlimit == b->bwlimit && a->ops_limit == b->ops_limit && a->jobs == b->jobs &&
	       a->paused == b->paused;
}

/* What is in force now, in words */
struct words {
	const struct control_settings *s;
	bool was_paused;
};

static char *compose_limits(const void *arg)
{
	const struct words *w = arg;
	const struct control_settings *s = w->s;
	char bytes[SIZE_BUF];

	char *rate = s->bwlimit ? xasprintf(" %s/s", size_text(bytes, s->bwlimit)) : xstrdup("");
	char *ops = s->ops_limit ? xasprintf(translate_n(" %ju operation/s", " %ju operations/s",
							 s->ops_limit), (uintmax_t)s->ops_limit) :
				   xstrdup("");
	char *jobs = s->jobs ? xasprintf(translate_n(" %ju job", " %ju jobs", s->jobs),
					 (uintmax_t)s->jobs) : xstrdup("");
	bool any = *rate || *ops || *jobs;
	const char *format = s->paused ? translate("paused; limits:%s%s%s%s") :
			     w->was_paused ? translate("going on; limits:%s%s%s%s") :
			     translate("limits:%s%s%s%s");
	char *text = xasprintf(format, rate, ops, jobs, any ? "" : translate(" none"));
	free(rate);
	free(ops);
	free(jobs);
	return text;
}

/* Tell people and programs what the file has changed: s is in force now. */
static void tell(const struct context *c, const struct control_settings *s, bool was_paused)
{
	json_put_limits(&(struct json_limits){
		.elapsed = output_elapsed(), .bytes = s->bwlimit, .calls = s->ops_limit,
		.jobs = s->jobs, .paused = s->paused,
	});
	if (c->opts->quiet)
		return;
	struct message m = message_twice(compose_limits, &(struct words){ s, was_paused });
	report_note_message(&m);
	message_free(&m);
}

/* settled: do not read the file while it may be being written. */
static void look_at_control(struct context *c, bool settled)
{
	struct control_settings s;

	if (!control_look(&governor.control, settled, &s) || same(&s, &governor.now))
		return;
	bool was_paused = governor.now.paused;
	put_in_force(c, &s, false);
	tell(c, &s, was_paused);
}

/* -------------------------------------------------------------- the thread */

/* Sleep until the next look.  Returns false if the run has ended. */
static bool sleep_on(void)
{
	int64_t at = clock_now(CLOCK_MONOTONIC) + LOOK_EVERY;
	struct timespec until = { .tv_sec = at / CLOCK_SECOND, .tv_nsec = at % CLOCK_SECOND };

	pthread_mutex_lock(&governor.lock);
	if (!governor.ended)
		pthread_cond_timedwait(&governor.wake, &governor.lock, &until);
	bool ended = governor.ended;
	pthread_mutex_unlock(&governor.lock);
	return !ended;
}

static bool is_time_up(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (governor.opts->max_time && clock_now(CLOCK_MONOTONIC) >= governor.end) ||
	       timespec_cmp(now, governor.opts->stop_at) >= 0;
}

static void *watch(void *arg)
{
	struct context *c = arg;
	bool lifted = false;

	while (sleep_on()) {
		if (is_time_up()) {
			stop_request(STOP_TIME);
			loop_wake(&c->loop);
			signals_interrupt();
		}
		if (!stop_now()) {
			look_at_control(c, true);
		} else if (!lifted) {
			lift_limits(c);
			lifted = true;
		}
	}
	return NULL;
}

/* Returns 0 or an errno value. */
static int start_thread(struct context *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&governor.wake, &attr);
	pthread_condattr_destroy(&attr);
	int err = thread_start(&governor.thread, watch, c);
	governor.running = err == 0;
	return err;
}

void govern_begin(struct context *c)
{
	const struct options *o = c->opts;
	const struct control_settings base = {
		.bwlimit = o->bwlimit, .ops_limit = o->ops_limit, .jobs = o->jobs,
	};
	bool limited = o->bwlimit || o->ops_limit || o->control || o->adaptive;

	governor.opts = o;
	governor.end = clock_now(CLOCK_MONOTONIC) + o->max_time;
	if (!limited && !o->max_time && !options_stop_at(o))
		return;
	signals_let_interrupt();
	put_in_force(c, &base, false);
	control_init(&governor.control, o->control, &base);
	look_at_control(c, false);
	int err = start_thread(c);
	if (err) {
		report_error(err, "cannot start the thread that watches time and limits");
		/* Nobody would end a pause. */
		put_in_force(c, &base, false);
	}
}

void govern_end(void)
{
	if (!governor.running)
		return;
	pthread_mutex_lock(&governor.lock);
	governor.ended = true;
	pthread_cond_signal(&governor.wake);
	pthread_mutex_unlock(&governor.lock);
	pthread_join(governor.thread, NULL);
	governor.running = false;
}
