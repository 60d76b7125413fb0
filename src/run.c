/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: this is where the modules meet that do not know each other: a lower one gets, when
 * it is initialised, the functions of a higher one that it calls.  The main thread walks
 * nothing, if it has workers: it goes through the operands, reaps the copies that have ended,
 * and shows progress.
 */
#include <config.h>

#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/loop.h"
#include "base/options.h"
#include "base/relaxed.h"
#include "base/signals.h"
#include "base/stop.h"
#include "budget.h"
#include "copy/again.h"
#include "copy/checkpoint.h"
#include "copy/context.h"
#include "copy/copy.h"
#include "copy/durable.h"
#include "copy/timing.h"
#include "govern.h"
#include "hash.h"
#include "journal/journal.h"
#include "pass.h"
#include "report/report.h"
#include "tree/dir.h"
#include "tree/dirrefs.h"
#include "walk/makedir.h"
#include "walk/remove.h"
#include "walk/walk.h"
#include "watch/progress.h"
#include "watch/stats.h"

/* ------------------------------------ what lower modules call; arg is the context */

static bool wait_one(void *arg)
{
	return window_wait_one(&((struct context *)arg)->window);
}

static bool defer(void *arg, struct work *work)
{
	struct context *c = arg;

	/* Where a worker completes a directory, it can as well wait for the file system. */
	return loop_is_main(&c->loop) && workers_give(&c->workers, work);
}

static bool has_end_work(void *arg, const struct dir *d)
{
	return d->doom ? !(d->doom & DOOM_COUNT) : makedir_has_end_work(arg, d);
}

static bool complete(void *arg, struct dir *d, const struct dir_result *result)
{
	if (d->doom)
		return remove_complete(arg, d, result->clean);
	timing_dir(d);
	bool ok = makedir_complete(arg, d, result->clean);
	return pass_dir_ended(d, ok && result->finished) && ok;
}

static void wake(void *arg)
{
	loop_wake(&((struct context *)arg)->loop);
}

static void on_ready(void *arg, void *entry)
{
	window_ready(&((struct context *)arg)->window, entry);
}

static bool on_poll_all(void *arg)
{
	return window_reap_all(&((struct context *)arg)->window);
}

/* The main thread shows progress, if it is time for that, and acts on signals. */
static void on_tick(void *arg)
{
	struct context *c = arg;

	progress_tick(c);
	checkpoint_tick(c);
	if (signals_snapshot())
		progress_snapshot(c);
	signals_suspend(progress_suspend);
	if (stop_now())
		window_cancel(&c->window);
}

/* -------------------------------------------------------- begin and end */

static mode_t current_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return mask;
}

/*
 * Initialise what the main thread sleeps on, and the window of pending copies.  b->window
 * becomes 0 if there is nothing to sleep on until one of them has ended.
 */
static void init_loop(struct context *c, struct budget *b)
{
	loop_init(&c->loop, &(struct loop_hooks){
		.ready = on_ready, .poll_all = on_poll_all, .tick = on_tick, .arg = c,
	});
	if (b->window && !loop_open(&c->loop))
		b->window = 0;
	c->loop.ticking = progress_init(c) || c->opts->journal;
	signals_wake(wake, c);
	window_init(&c->window, &c->loop, b->window, b->in_order, c->opts->hash, copy_ended, c);
}

static void init_library(const struct options *o, const struct budget *b)
{
	struct copyfile_setup setup = {
		.threads = b->threads, .pending = b->window, .chunk = o->chunk,
	};

	if (copyfile_setup(&setup, sizeof setup) < 0)
		report_error(errno, "cannot set up the copying threads");
}

/* A module is initialised after those that it calls. */
void run_init(struct context *c, const struct options *opts)
{
	govern_priority(opts);
	struct budget b = budget_share(opts, budget_free_descriptors());

	*c = (struct context){
		.opts = opts, .in_order = b.in_order, .may_prescan = b.prescan,
		.most_threads = b.most_threads,
		.umask = current_umask(),
	};
	links_init(&c->links, opts->hash);
	doomed_init(&c->doomed);
	relaxed_set(c->doomed.kept, journal_summary().before_kept);
	dirset_init(&c->created_dirs);
	dirset_init(&c->operand_dirs);
	init_loop(c, &b);
	/* Without a window there is nothing to sleep on until the workers are done. */
	workers_init(&c->workers, b.window ? b.walkers : 0, wake, c);
	steer_init(&c->steer, &c->workers);
	dirs_init(&c->dirs, &(struct dirs_config){
		.max_fds = b.dirs, .dst_path_only = !opts->attrs && !opts->delete,
		.wait_one = wait_one,
		.defer = defer, .has_end_work = has_end_work, .complete = complete, .arg = c,
	}, &c->cwd);
	dir_init_top(&c->target, &c->dirs, AT_FDCWD, "");
	c->cwd.ledger = c->target.ledger = journal_top();
	init_library(opts, &b);
	again_init(opts->retry);
	durable_begin(opts);
	govern_begin(c);
}

/* In the reverse order of run_init(), once nothing is under way. */
void run_fini(struct context *c)
{
	context_drain(c);
	durable_end();
	progress_end(c);
	if (stop_asked() == STOP_SIGNAL)
		progress_snapshot(c);
	if (c->opts->stats)
		stats_print(c);
	govern_end();
	copyfile_shutdown();
	workers_fini(&c->workers);
	loop_fini(&c->loop);
	walk_free_roots(c);
	if (c->target.fd[DIR_DST] >= 0)
		close(c->target.fd[DIR_DST]);
	free(c->target_name);
	if (c->targets)
		hash_free(c->targets);
	dirset_fini(&c->operand_dirs);
	dirset_fini(&c->created_dirs);
	links_fini(&c->links);
}
