/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a round begins when nothing is under way any more, with a pause, in which the reason of
 * a failure may pass; the pauses grow, since a server that was away for long is away for longer.
 * Then main takes what was kept (again.c), and has each of it tried once: entries and the rest
 * of directories by the workers, if there are any, and operands after that by main itself, one
 * after the other, as one may depend on another.
 *
 * What fails again is kept for the next round; in the last one nothing is.
 */
#include <config.h>

#include "walk/rounds.h"

#include <poll.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/container.h"
#include "base/loop.h"
#include "base/options.h"
#include "base/stop.h"
#include "base/tally.h"
#include "copy/again.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "copy/full.h"
#include "copy/outcome.h"
#include "report/json.h"
#include "report/message.h"
#include "report/report.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"
#include "walk/enter.h"
#include "walk/operand.h"
#include "walk/walk.h"
#include "walk/walker.h"
#include "xalloc.h"

/* The first pause and the longest one, in seconds */
#define FIRST_PAUSE 1
#define LONGEST_PAUSE 60

/* A signal ends poll(2); one that comes just before it is seen so many milliseconds later. */
#define STEP_MS 100

/* Sleep for that long, unless the run is stopped. */
static void pause_for(struct context *c, int seconds)
{
	int64_t end = clock_now(CLOCK_MONOTONIC) + seconds * CLOCK_SECOND;

	while (!stop_asked() && clock_now(CLOCK_MONOTONIC) < end) {
		poll(NULL, 0, STEP_MS);
		loop_tick(&c->loop);
	}
}

static struct entry entry_of(const struct again *a)
{
	return (struct entry){
		.dir = a->dir, .src = a->src, .dst = a->dst, .type = a->type,
		.operand = a->operand, .again = true, .incomplete = a->incomplete,
		.id = a->id, .begun = a->begun,
	};
}

/* ---------------------------------------------------------- the failures */

static void fail_entry(const struct again *a, const struct entry *e)
{
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	const struct report_about about = {
		.op = a->failure.op, .source = a->failure.source, .src = src, .dst = dst,
		.id = e->id,
	};

	report_error_message(&about, a->failure.err, &a->failure.text);
	outcome(e, OUTCOME_FAILED, NULL);
	free(src);
	free(dst);
}

/* The run stops before a is tried again: what it failed of is an error now. */
static void fail(const struct again *a)
{
	const struct entry e = entry_of(a);

	if (!a->src) {
		enter_unread(a->dir, a->failure.err, -1);
	} else if (!a->failure.text.shown) {
		outcome_left_out(&e);
	} else if (dir_pin(a->dir)) {
		fail_entry(a, &e);
		dir_unpin(a->dir);
	}
}

/* -------------------------------------------------------------- a round */

/* Work: try what is no operand. */
struct again_work {
	struct work work;
	struct context *c;
	struct walk_root *root;
	struct again *a;
};

static void try(struct work *work)
{
	struct again_work *w = container_of(work, struct again_work, work);
	const struct entry e = entry_of(w->a);

	if (w->a->src)
		walker_copy(w->c, w->root, &e);
	else
		walker_read_on(w->c, w->root, w->a->dir, w->a->at);
	again_free(w->a);
	free(w);
}

/* Try a, which is no operand, here or in a worker. */
static void give(struct context *c, struct again *a)
{
	struct again_work *w = xmalloc(sizeof *w);

	*w = (struct again_work){
		.work.run = try, .c = c, .root = walk_find_root(c, a->dir), .a = a,
	};
	if (!workers_give(&c->workers, &w->work))
		try(&w->work);
}

/* Tell readers of JSON that a is tried in that round. */
static void tell(const struct again *a, uint32_t round)
{
	const struct attempt *f = &a->failure;

	if (!json_is_on())
		return;
	char *src = dir_src_path(a->dir, a->src ? a->src : "");
	char *dst = a->src ? dir_dst_path(a->dir, a->dst) : NULL;
	json_put_retry(&(struct json_retry){
		.round = round, .id = a->id, .kind_known = a->type || !a->src,
		.kind = a->src ? tally_kind(a->type) : KIND_DIR, .src = src, .dst = dst,
		.op = f->text.shown ? report_op_name(f->op) : NULL, .err = f->err,
		.message = f->text.plain,
	});
	free(src);
	free(dst);
}

/* Try a in that round, or let it fail if the run is stopped. */
static void try_or_fail(struct operands *all, struct again *a, uint32_t round)
{
	if (stop_asked()) {
		fail(a);
		again_free(a);
		return;
	}
	tally_add(&(struct tally){ .retried = 1 });
	tell(a, round);
	if (!a->operand) {
		give(all->c, a);
		return;
	}
	const struct entry e = entry_of(a);
	operand_again(all, &e);
	context_drain(all->c);
	again_free(a);
}

/* Try all in the list that are operands, or that are none.  Returns the others. */
static struct again *try_those(struct operands *all, struct again *list, bool operands,
			       uint32_t round)
{
	struct again *others = NULL, **last = &others;

	for (struct again *a = list, *next; a; a = next) {
		next = a->next;
		a->next = NULL;
		if (a->operand == operands) {
			try_or_fail(all, a, round);
		} else {
			*last = a;
			last = &a->next;
		}
	}
	context_drain(all->c);
	return others;
}

static void run_round(struct operands *all, uint32_t round)
{
	if (!stop_asked())
		full_forget();
	struct again *operands = try_those(all, again_begin_round(), false, round);

	(void)try_those(all, operands, true, round);
}

void rounds_run(struct operands *all)
{
	struct context *c = all->c;
	int seconds = FIRST_PAUSE;

	context_drain(c);
	for (uint32_t round = 1; round <= c->opts->retry && again_any(); round++) {
		pause_for(c, seconds);
		seconds = seconds * 2 < LONGEST_PAUSE ? seconds * 2 : LONGEST_PAUSE;
		run_round(all, round);
	}
}
