/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many threads that start, watch, pause, cancel and await copies at random for a few
 * seconds.  Every copy ends as it may end, every good one is whole, and
 * nothing is left over: no cookie, no descriptor, no file.
 */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>

#include "scratch.h"
#include "tap.h"

enum { THREADS = 8, WINDOW = 16, SECONDS = 3 };

static const size_t sizes[] = { 0, 100, 5000, 70000, 3000000 };

enum { SOURCES = sizeof sizes / sizeof sizes[0] };

static const unsigned long flag_sets[] = {
	COPYFILE_ASYNC,
	0,
	COPYFILE_ASYNC | COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE,
	COPYFILE_ASYNC | COPYFILE_REPLACE | COPYFILE_MODE | COPYFILE_TIMES,
	COPYFILE_REPLACE | COPYFILE_SPARSE,
	COPYFILE_SYNC | COPYFILE_TRUNCATE,
	COPYFILE_ASYNC | COPYFILE_TRUNCATE,
};

enum { FLAG_SETS = sizeof flag_sets / sizeof flag_sets[0] };

struct copying {
	int cookie;			/* 0: none here */
	int source;
	unsigned long flags;
	bool cancelled;			/* it was asked to stop */
	bool paused;			/* and to stand still */
	char dst[32];
};

struct worker {
	pthread_t thread;
	unsigned int seed;
	int id;
	struct copying window[WINDOW];
	long started, done, cancelled, refused;
	long wrong;			/* ends that may not be */
	char first[128];		/* the first of those */
};

static atomic_bool stop;

static void wrong(struct worker *w, const char *what, int ret)
{
	if (w->wrong++ == 0)
		snprintf(w->first, sizeof w->first, "%s: %d", what, ret);
}

static unsigned int dice(struct worker *w, unsigned int sides)
{
	w->seed = w->seed * 1103515245u + 12345u;
	return (w->seed >> 16) % sides;
}

/* The copy in c has ended with ret */
static void settle(struct worker *w, struct copying *c, int ret)
{
	struct copyfile_info info;
	char src[16];

	snprintf(src, sizeof src, "src%d", c->source);
	if (copyfile_info(0, &info, sizeof info) != 0 || info.error != ret ||
	    info.tag != (uint64_t)(uintptr_t)c)
		wrong(w, "copyfile_info(0) is of another copy", ret);
	if (ret == 0) {
		w->done++;
		/* first_difference() is for one thread; the size must do */
		if (stat_of(c->dst).st_size != (off_t)sizes[c->source])
			wrong(w, "a copy of the wrong size", ret);
	} else if (ret == -ECANCELED && c->cancelled) {
		w->cancelled++;
		if ((c->flags & COPYFILE_TRUNCATE) == 0 && exists(c->dst))
			wrong(w, "a cancelled copy is there", ret);
	} else
		wrong(w, "an end that was not asked for", ret);
	drop(c->dst);
	c->cookie = 0;
}

static void start(struct worker *w, struct copying *c)
{
	struct copyfile_how how;
	char src[16];
	int ret;

	c->source = (int)dice(w, SOURCES);
	c->flags = flag_sets[dice(w, FLAG_SETS)];
	c->cancelled = c->paused = false;
	snprintf(src, sizeof src, "src%d", c->source);
	snprintf(c->dst, sizeof c->dst, "w%d/%d", w->id, (int)(c - w->window));
	how = (struct copyfile_how){ .flags = c->flags, .tag = (uintptr_t)c };
	ret = copyfileat(AT_FDCWD, src, AT_FDCWD, c->dst, &how, sizeof how);
	w->started++;
	if (ret > 0)
		c->cookie = ret;
	else if (ret == -EAGAIN)
		w->refused++;
	else
		settle(w, c, ret);
}

/* Cancel, pause or resume it: none of these takes a result. */
static void command(struct worker *w, struct copying *c, unsigned long cmd)
{
	int ret = copyfile_ctrl(c->cookie, cmd);

	if (ret < 1 || ret > 100)
		wrong(w, "a command that takes a result", ret);
	if (cmd == COPYFILE_CANCEL)
		c->cancelled = true;
	c->paused = cmd == COPYFILE_PAUSE && !c->cancelled;
}

static void control(struct worker *w, struct copying *c)
{
	static const unsigned long commands[] = {
		COPYFILE_STATUS, COPYFILE_STATUS, COPYFILE_WAIT, COPYFILE_CANCEL,
		COPYFILE_PAUSE, COPYFILE_RESUME,
	};
	unsigned long cmd = commands[dice(w, sizeof commands / sizeof commands[0])];
	bool was_readable = readable(c->cookie, 0);
	struct copyfile_info info;
	int ret;

	if (dice(w, 4) == 0 && (copyfile_info(c->cookie, &info, sizeof info) != 0 ||
				info.tag != (uint64_t)(uintptr_t)c))
		wrong(w, "copyfile_info is of another copy", 0);
	if (cmd != COPYFILE_WAIT && cmd != COPYFILE_STATUS) {
		command(w, c, cmd);
		return;
	}
	/* Nobody else would resume it. */
	if (cmd == COPYFILE_WAIT && c->paused)
		command(w, c, COPYFILE_RESUME);
	ret = copyfile_ctrl(c->cookie, cmd);
	if (ret > 100 || (ret > 0 && (cmd == COPYFILE_WAIT || was_readable)))
		wrong(w, "should have ended", ret);
	if (ret <= 0)
		settle(w, c, ret);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	int i;

	while (!stop) {
		struct copying *c = &w->window[dice(w, WINDOW)];

		if (c->cookie == 0)
			start(w, c);
		else
			control(w, c);
	}
	for (i = 0; i < WINDOW; i++) {
		if (w->window[i].cookie == 0)
			continue;
		command(w, &w->window[i], COPYFILE_RESUME);
		settle(w, &w->window[i], finish(w->window[i].cookie));
	}
	return NULL;
}

static void storm(const char *name, struct copyfile_setup setup)
{
	static struct worker workers[THREADS];
	long started = 0, done = 0, cancelled = 0, refused = 0, bad = 0;
	int fds, i;
	char dir[16];

	is_int(copyfile_shutdown(), 0, "%s: a clean start", name);
	fds = count_fds();
	is_int(copyfile_setup(&setup, sizeof setup), 0, "%s: set up", name);
	memset(workers, 0, sizeof workers);
	stop = false;
	for (i = 0; i < THREADS; i++) {
		snprintf(dir, sizeof dir, "w%d", i);
		mkdir(dir, 0755);
		workers[i].id = i;
		workers[i].seed = (unsigned int)i * 7919 + 1;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			bail_out("no thread");
	}
	sleep(SECONDS);
	stop = true;
	for (i = 0; i < THREADS; i++) {
		struct worker *w = &workers[i];

		pthread_join(w->thread, NULL);
		started += w->started;
		done += w->done;
		cancelled += w->cancelled;
		refused += w->refused;
		bad += w->wrong;
		if (w->wrong > 0)
			diag("thread %d: %s", i, w->first);
		snprintf(dir, sizeof dir, "w%d", i);
		is_int(count_names(dir), 0, "%s: thread %d leaves no file", name, i);
		drop(dir);
	}
	diag("%ld started, %ld done, %ld cancelled, %ld refused", started, done, cancelled,
	     refused);
	is_int(bad, 0, "%s: every copy ended as it may", name);
	ok(done > 0 && cancelled > 0, "%s: some were done, some cancelled", name);
	is_int(started, done + cancelled + refused, "%s: and none was lost", name);
	is_int(copyfile_shutdown(), 0, "%s: no cookie is live", name);
	is_int(count_fds(), fds, "%s: no descriptor is left behind", name);
}

int main(void)
{
	char name[16];
	int i;

	scratch_enter("storm");
	for (i = 0; i < SOURCES; i++) {
		snprintf(name, sizeof name, "src%d", i);
		put_pattern(name, sizes[i], (unsigned int)i);
	}
	storm("defaults", (struct copyfile_setup){ 0 });
	storm("one thread, few cookies",
	      (struct copyfile_setup){ .threads = 1, .pending = 20, .chunk = 4096 });
	storm("many threads", (struct copyfile_setup){ .threads = 32, .chunk = 65536 });
	return done_testing();
}
