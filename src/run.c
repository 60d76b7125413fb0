/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: main walks nothing: it reaps what has ended, and watches.
 */
#include <config.h>

#include "run.h"

#include <errno.h>

#include <libcopyfile.h>

#include "base/loop.h"
#include "base/options.h"
#include "base/signals.h"
#include "base/stop.h"
#include "budget.h"
#include "copy/context.h"
#include "copy/copy.h"
#include "hash.h"
#include "report/report.h"
#include "walk/walk.h"
#include "watch/progress.h"
#include "watch/stats.h"

/* ----------------------------------------------------- what others call */

static bool wait_one(void *arg)
{
	return window_wait_one(&((struct context *)arg)->window);
}

static bool defer(void *arg, struct work *work)
{
	struct context *c = arg;

	/* Only main has something better to do. */
	return loop_is_main(&c->loop) && workers_give(&c->workers, work);
}

static void wake(void *arg)
{
	loop_wake(&((struct context *)arg)->loop);
}

static void on_ready(void *arg, void *entry)
{
	window_ready(&((struct context *)arg)->window, entry);
}

static bool on_look(void *arg)
{
	return window_reap_all(&((struct context *)arg)->window);
}

/* Main comes by: what has been asked for meanwhile? */
static void on_tick(void *arg)
{
	struct context *c = arg;

	progress_tick(c);
	if (signals_snapshot())
		progress_snapshot(c);
	signals_suspend(progress_suspend);
	if (stop_asked() == STOP_SIGNAL)
		window_cancel(&c->window);
}

/* -------------------------------------------------------- begin and end */

void run_init(struct context *c, const struct options *opts)
{
	struct budget b = budget_share(opts, budget_free_descriptors());

	*c = (struct context){ .opts = opts };
	c->in_order = b.in_order;
	c->may_prescan = b.prescan;
	c->umask = umask(0);
	umask(c->umask);

	loop_init(&c->loop, &(struct loop_hooks){
		.ready = on_ready, .look = on_look, .tick = on_tick, .arg = c,
	});
	if (b.window && !loop_open(&c->loop))
		b.window = 0;
	c->loop.ticking = progress_init(c);
	window_init(&c->window, &c->loop, b.window, b.in_order, copy_ended, c);

	workers_init(&c->workers, b.window ? b.walkers : 0, wake, c);
	steer_init(&c->steer, &c->workers);

	c->dirs = (struct dirs){
		.opts = opts, .max_fds = b.dirs, .wait_one = wait_one, .defer = defer, .arg = c,
	};
	dirs_init(&c->dirs, &c->cwd);
	signals_wake(wake, c);
	links_init(&c->links);
	dirset_init(&c->created_dirs);
	dirset_init(&c->operand_dirs);

	struct copyfile_setup setup = {
		.threads = b.threads, .pending = b.window, .chunk = opts->chunk,
	};
	if (copyfile_setup(&setup, sizeof setup) < 0)
		report_error(errno, "cannot set up the copying threads");
}

void run_fini(struct context *c)
{
	context_drain(c);
	progress_end(c);
	if (stop_asked() == STOP_SIGNAL)
		progress_snapshot(c);
	if (c->opts->stats)
		stats_print(c);
	workers_fini(&c->workers);
	loop_fini(&c->loop);
	walk_free_roots(c);
	links_fini(&c->links);
	dirset_fini(&c->created_dirs);
	dirset_fini(&c->operand_dirs);
	if (c->targets)
		hash_free(c->targets);
	copyfile_shutdown();
}
