/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: cp's questions are asked about an entry, in cp's order (what is at the
 * destination, may it go, is this a further name of a file copied already).  Then the window
 * starts a copy by the library; stream.c, node.c and mklink.c make everything else.
 *
 * copy_ended() does what follows from the end of a copy: the message, a second attempt in
 * another way, the names that wait for it (hardlink.c).
 */
#include <config.h>

#include "copy/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <libcopyfile.h>

#include "base/container.h"
#include "base/language.h"
#include "base/loop.h"
#include "base/options.h"
#include "base/stop.h"
#include "base/symlink.h"
#include "copy/again.h"
#include "copy/announce.h"
#include "copy/attrs.h"
#include "copy/backup.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/dry.h"
#include "copy/durable.h"
#include "copy/entry.h"
#include "copy/existing.h"
#include "copy/full.h"
#include "copy/hardlink.h"
#include "copy/links.h"
#include "copy/method.h"
#include "copy/mklink.h"
#include "copy/node.h"
#include "copy/outcome.h"
#include "copy/plan.h"
#include "copy/stream.h"
#include "copy/targets.h"
#include "report/checksums.h"
#include "report/report.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirrefs.h"
#include "tree/workers.h"
#include "xalloc.h"

/* ------------------------------------------------------ the copy itself */

/* A small operand is not worth a thread. */
static bool not_worth_a_thread(const struct context *c, const struct entry *e)
{
	return e->operand && !c->opts->recursive && c->opts->noperands <= 3 && e->st &&
	       e->st->st_size < 1024 * 1024;
}

/* What the library is asked for, besides the source's attributes */
static uint64_t data_flags(const struct options *o)
{
	static const uint64_t reflink[] = {
		[WHEN_ALWAYS] = COPYFILE_REFLINK, [WHEN_NEVER] = COPYFILE_NO_REFLINK,
	};
	static const uint64_t sparse[] = {
		[WHEN_ALWAYS] = COPYFILE_SPARSE, [WHEN_NEVER] = COPYFILE_NO_SPARSE,
	};

	return reflink[o->reflink] | sparse[o->sparse] | (o->verify ? COPYFILE_VERIFY : 0) |
	       (o->strict ? COPYFILE_CHECK_SRC : 0) |
	       (o->default_mode ? COPYFILE_PLAIN_MODE | COPYFILE_LENIENT : 0);
}

static void copy_planned(struct context *c, const struct entry *e, const struct plan *plan);
static void carry_out(struct context *c, const struct entry *e, struct plan *plan);

/* Have p made aside, to take the place of what is there when it is complete. */
static void make_aside(struct pending *p, const struct plan *plan)
{
	p->flags |= COPYFILE_ATOMIC;
	if (!plan->over)
		return;
	p->replaces = plan->dst.st_mode;
	p->flags |= COPYFILE_REPLACE | COPYFILE_LENIENT;
	/* It is no new file, as far as permissions go: it keeps those of what it replaces. */
	if (S_ISREG(plan->dst.st_mode))
		p->flags &= ~COPYFILE_PLAIN_MODE;
}

/* Have p written into what is there. */
static void write_over(struct pending *p, const struct plan *plan)
{
	p->flags |= COPYFILE_TRUNCATE | (plan->through ? 0 : COPYFILE_NOFOLLOW_DST);
	/* Where two operands overwrite one inode the last one wins. */
	if (p->entry.operand) {
		p->over_dev = plan->dst.st_dev;
		p->over_ino = plan->dst.st_ino;
	}
	if (S_ISREG(plan->dst.st_mode)) {
		p->found_dev = plan->dst.st_dev;
		p->found_ino = plan->dst.st_ino;
		p->from = plan->from;
	}
	/* A FIFO may have no reader for long, and main must not wait for a device. */
	if (plan->dst.st_mode && !S_ISREG(plan->dst.st_mode))
		p->flags = (p->flags & ~COPYFILE_SYNC) | COPYFILE_ASYNC;
}

/*
 * With --fsync, returns true if p is written to something that a sync of the file systems of
 * all directories leaves out: a device, or a file that is elsewhere.
 */
static bool is_flushed_alone(const struct pending *p, const struct plan *plan)
{
	if (p->end)
		return true;
	return p->flags & COPYFILE_TRUNCATE && plan->over &&
	       !(S_ISREG(plan->dst.st_mode) && durable_covers(plan->dst.st_dev));
}

/*
 * Start the copy of e as planned.  If end is not NULL the copy is made there, where the
 * symlink at e's destination leads; copy_ended() frees it.
 */
static void start(struct context *c, const struct entry *e, const struct plan *plan, char *end)
{
	struct pending p = {
		.entry = *e, .link = plan->link, .backup = plan->backup, .end = end,
		.again = plan->again,
		.flags = attrs_flags(c->opts) | data_flags(c->opts),
	};

	if (c->opts->keep_links && !e->st && !plan->link && !end && S_ISREG(e->type))
		p.flags |= COPYFILE_ONE_NAME;
	/* The caller's; another attempt calls stat(2) again. */
	p.entry.st = NULL;
	if (!options_follows(c->opts, e->operand))
		p.flags |= COPYFILE_NOFOLLOW;
	if (not_worth_a_thread(c, e))
		p.flags |= COPYFILE_SYNC;
	/* Otherwise a symlink takes the place of what is there only with -f. */
	if (plan_makes_aside(c->opts, e, plan))
		make_aside(&p, plan);
	else if (plan->over && (!S_ISLNK(e->type) || c->opts->force))
		write_over(&p, plan);
	if (c->opts->fsync && is_flushed_alone(&p, plan))
		p.flags |= COPYFILE_FSYNC;
	window_start(&c->window, &p);
}

/* ------------------------------------------------- the end of a copy */

/* Report what is remarkable about a copy that has ended, well or not. */
static void report_details(const struct context *c, const struct entry *e, bool ok,
			   const struct copyfile_info *info)
{
	bool lacks = info->skipped && attrs_complain(c, e, info);

	if (info->changed) {
		complain_changed(e, ok && c->opts->strict);
		lacks |= c->opts->strict;
	}
	/* A copy that has failed is listed for that. */
	if (ok && lacks)
		outcome_lacking(e);
	if (c->opts->debug && S_ISREG(e->type))
		method_print(c->opts, e, info);
}

/* The copy of link has ended: link or copy the names that wait for it, maybe thousands. */
static void handle_waiting_names(struct context *c, struct link *link)
{
	struct hardlink_turn turn;

	while (hardlink_next(c, link, &turn)) {
		copy_planned(c, &turn.entry, &turn.plan);
		hardlink_end_turn(&turn);
	}
}

/* Work: handle_waiting_names() */
struct names_work {
	struct work work;
	struct context *c;
	struct link *link;
};

static void do_names_work(struct work *work)
{
	struct names_work *w = container_of(work, struct names_work, work);

	handle_waiting_names(w->c, w->link);
	free(w);
}

/* Have a worker handle the names that wait for link.  Returns false if there is no worker. */
static bool give_waiting_names(struct context *c, struct link *link)
{
	struct names_work *w = xmalloc(sizeof *w);

	*w = (struct names_work){ .work.run = do_names_work, .c = c, .link = link };
	if (workers_give(&c->workers, &w->work))
		return true;
	free(w);
	return false;
}

/* Keep the checksum of link's copy, which its further names will have. */
static void keep_sum(struct context *c, struct link *link, const struct copyfile_info *info)
{
	const struct checksum sum = checksum_of(info);

	links_set_sum(&c->links, link, &sum);
}

/* The copy of a name of link has ended, well or not. */
static void link_ended(struct context *c, struct link *link, bool copied)
{
	if (!hardlink_ended(c, link, copied))
		return;
	/* The main thread has more to reap, and links may have to wait for a server. */
	if (!loop_is_main(&c->loop) || !links_awaited(&c->links, link) ||
	    !give_waiting_names(c, link))
		handle_waiting_names(c, link);
}

/* e has been copied, or not: drop or restore its backup, and handle the names that wait. */
static void finish_plan(struct context *c, const struct entry *e, const struct plan *plan,
			bool ok)
{
	if (ok) {
		free(plan->backup);
	} else {
		backup_restore(c, e, plan->backup);
		targets_give_back(c, e);
	}
	if (plan->link)
		link_ended(c, plan->link, ok);
}

/*
 * Something is at e's destination that was not there when that was looked at: another
 * program has made it, or another entry, where names that differ only in case are one.  Copy
 * e by a plan in which it was there.  Returns as try_again().
 */
static bool retry_with_new_plan(struct context *c, const struct entry *e, struct plan *plan,
				bool *reported)
{
	plan->again = true;
	/* targets has e's destination because of e itself, which has made nothing yet. */
	targets_give_back(c, e);
	enum plan_action action = plan_complete(c, e, plan);

	switch (action) {
	case PLAN_COPY:
		targets_take(c, e);
		start(c, e, plan, NULL);
		return true;
	case PLAN_REFUSED:
		*reported = true;
		return false;
	default:
		plan_leave_out(c, e, plan, action);
		finish_plan(c, e, plan, true);
		return true;
	}
}

/*
 * Copying e failed because its destination could not be opened.  Returns true if another
 * attempt has been started, or has decided about e.  Returns false if the failure stands;
 * *reported tells whether it has been reported.
 */
static bool try_again(struct context *c, const struct entry *e, const struct pending *p, int err,
		      bool *reported)
{
	struct plan plan = { .backup = p->backup, .link = p->link };
	bool over = p->flags & COPYFILE_TRUNCATE;

	/* The last copy to that name, of a listed symlink, has just ended. */
	if (S_ISLNK(e->type))
		return err == EEXIST && e->dir->named && !p->again && !plan.backup &&
		       retry_with_new_plan(c, e, &plan, reported);
	/* EINVAL: it is the source. */
	if (over && c->opts->force && err != ENOENT && err != EINVAL) {
		*reported = !existing_remove(c, e);
		if (!*reported)
			start(c, e, &plan, NULL);
		return !*reported;
	}
	if (over || err != EEXIST || p->end)
		return false;
	/* A file that is there as well as its backup is not one that has come meanwhile. */
	if (c->opts->atomic && plan.backup && !p->again) {
		plan.over = plan.again = true;
		start(c, e, &plan, NULL);
		return true;
	}
	if (c->opts->atomic || !entry_dst_is_symlink(e))
		return !p->again && !dir_is_new(e->dir) && !plan.backup &&
		       retry_with_new_plan(c, e, &plan, reported);
	/* As POSIX has it: a dangling symlink is written through. */
	if (c->opts->through_dangling)
		start(c, e, &plan, symlink_end(dir_dst_fd(e->dir), e->dst));
	return c->opts->through_dangling;
}

/*
 * The copy of e differs from what was read of its source.  Returns true if it has been started
 * once more.
 */
static bool copy_once_more(struct context *c, const struct entry *e, const struct pending *p,
			   const struct copyfile_info *info)
{
	struct pending more = {
		.entry = *e, .flags = p->flags, .link = p->link, .backup = p->backup,
		.end = p->end, .again = p->again, .differed = true,
		.replaces = p->replaces, .over_dev = p->over_dev, .over_ino = p->over_ino,
		.found_dev = p->found_dev, .found_ino = p->found_ino,
	};

	outcome_differs(e, info, p->differed);
	if (p->differed || stop_asked())
		return false;
	complain_different(e, info, false);
	window_start(&c->window, &more);
	return true;
}

/* Returns true if, with -u, a symlink like e is at its destination already. */
static bool symlink_is_there(const struct context *c, const struct entry *e)
{
	return S_ISLNK(e->type) && c->opts->update == UPDATE_OLDER &&
	       symlink_same(dir_src_fd(e->dir), e->src, dir_dst_fd(e->dir), e->dst);
}

/* Report that the copy of e failed, or was interrupted and left an incomplete file. */
static void report_failure(const struct context *c, const struct entry *e,
			   const struct pending *p, int err, bool interrupted,
			   const struct copyfile_info *info)
{
	bool refused_itself = err == EINVAL &&
			      p->flags & (COPYFILE_TRUNCATE | COPYFILE_REPLACE) &&
			      info->stage == COPYFILE_OPEN_DST && S_ISREG(e->type);

	if (refused_itself)
		complain_both(e, OP_CHECK, 0, false, "%s and %s are the same file");
	else if (!interrupted)
		complain_copy(c, e, err, info);
	else if (info->partial == COPYFILE_PARTIAL_KEPT)
		complain_dst(e, OP_WRITE, 0, "interrupted: %s is incomplete");
}

/*
 * The copy of e has found that its file has several names, and has made nothing.  Begin
 * again, as if that had been known before.
 */
static void meet_names(struct context *c, const struct entry *looked_at)
{
	struct entry e = *looked_at;
	struct plan plan = { .link = NULL };
	struct attempt attempt;
	struct stat st;

	again_attempt(&e, &attempt);
	if (entry_stat_src(&e, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		complain_src(&e, OP_LOOK, errno, "cannot stat %s");
		outcome(&e, OUTCOME_FAILED, NULL);
		return;
	}
	hardlink_noticed(c, st.st_nlink);
	/* If it is no file any more, the next attempt will find that. */
	if (S_ISREG(st.st_mode))
		e.st = &st;
	carry_out(c, &e, &plan);
}

/* Work: meet_names() */
struct meet_work {
	struct work work;
	struct context *c;
	struct entry entry;
	char name[];
};

static void do_meet_work(struct work *work)
{
	struct meet_work *w = container_of(work, struct meet_work, work);
	struct dir *dir = w->entry.dir;

	if (dir_pin(dir)) {
		meet_names(w->c, &w->entry);
		dir_unpin(dir);
	} else {
		outcome(&w->entry, OUTCOME_FAILED, NULL);
	}
	dir_put(dir);
	free(w);
}

/* As meet_names(), by a worker.  Returns false if there is none. */
static bool give_meeting(struct context *c, const struct entry *e)
{
	size_t size = strlen(e->src) + 1;
	struct meet_work *w = xmalloc(sizeof *w + size);

	*w = (struct meet_work){ .work.run = do_meet_work, .c = c, .entry = *e };
	memcpy(w->name, e->src, size);
	w->entry.src = w->entry.dst = w->name;
	w->entry.attempt = NULL;
	dir_get(e->dir);
	if (workers_give(&c->workers, &w->work))
		return true;
	dir_put(e->dir);
	free(w);
	return false;
}

void copy_ended(void *arg, const struct pending *p, const struct copyfile_info *info)
{
	struct context *c = arg;
	struct entry e = p->entry;
	const struct plan plan = { .backup = p->backup, .link = p->link };
	struct attempt attempt;
	int result = info->error;

	again_attempt(&e, &attempt);
	e.partial = info->partial;
	if (result == -EMLINK && p->flags & COPYFILE_ONE_NAME) {
		/* As with the names that wait, main has more to do than to wait for a server. */
		if (!loop_is_main(&c->loop) || !give_meeting(c, &e))
			meet_names(c, &e);
		return;
	}
	if (result == -EEXIST && symlink_is_there(c, &e)) {
		plan_leave_out(c, &e, &plan, PLAN_KEEP);
		finish_plan(c, &e, &plan, true);
		return;
	}
	bool ok = result == 0, reported = false;
	bool interrupted = result == -ECANCELED && stop_now();

	/* A copy that was cancelled in that stage had opened its destination. */
	bool at_name = info->stage == COPYFILE_OPEN_DST ||
		       (result == -EEXIST && info->stage == COPYFILE_PUBLISH);
	if (!ok && !interrupted && at_name && try_again(c, &e, p, -result, &reported))
		return;
	if (result == -EBADMSG && info->stage == COPYFILE_COMPARE &&
	    copy_once_more(c, &e, p, info))
		return;
	free(p->end);
	if (ok && p->link && info->hash)
		keep_sum(c, p->link, info);
	if (!ok && !reported)
		report_failure(c, &e, p, -result, interrupted, info);
	if (ok) {
		outcome_replaced(c->opts, &e, p->replaces);
		announce_made(c, &e, plan.backup);
	}
	report_details(c, &e, ok, info);
	if (ok)
		outcome(&e, info->method == COPYFILE_BY_REFLINK ? OUTCOME_CLONED : OUTCOME_COPIED,
			info);
	else if (interrupted)
		outcome_left_out(&e);
	else
		outcome(&e, OUTCOME_FAILED, info);
	finish_plan(c, &e, &plan, ok);
}

/* -------------------------------------------------------------- an entry */

/* Make of e what the library does not make: links, special files, copies of attributes. */
static bool make(struct context *c, const struct entry *e, const struct plan *plan,
		 enum outcome *ret)
{
	const struct options *o = c->opts;

	*ret = OUTCOME_LINKED;
	if (o->symlink)
		return mklink_symbolic(c, e, plan->over);
	if (o->hard_link)
		return mklink_hard(c, e, plan->over);
	*ret = OUTCOME_COPIED;
	if (S_ISREG(e->type) || o->contents)
		return stream_copy(c, e, plan);
	*ret = OUTCOME_CREATED;
	return node_copy(c, e);
}

/* Say what copy_planned() would do, by the library or not; returns false if that would fail. */
static bool say_planned(struct context *c, const struct entry *e, const struct plan *plan,
			bool by_library)
{
	bool link = c->opts->symlink || c->opts->hard_link;
	struct copyfile_info info;
	enum outcome made;

	if (plan->over && symlink_is_there(c, e)) {
		plan_leave_out(c, e, plan, PLAN_KEEP);
		return true;
	}
	bool ok = link ? make(c, e, plan, &made) :
			 dry_copy(c, e, plan->over ? &plan->dst : NULL, &info, &made);
	if (ok)
		announce_explained(c, e, made == OUTCOME_LINKED ? N_("link %s: %s\n") :
				   N_("copy %s: %s\n"), plan->why);
	if (ok && plan->over)
		outcome_replaced(c->opts, e, plan->dst.st_mode);
	if (ok)
		announce_made(c, e, plan->backup);
	outcome(e, ok ? made : OUTCOME_FAILED, by_library ? &info : NULL);
	return ok;
}

static void copy_planned(struct context *c, const struct entry *e, const struct plan *plan)
{
	const struct options *o = c->opts;
	bool data = S_ISLNK(e->type) || (S_ISREG(e->type) && !o->attributes_only), ok = false;
	bool by_library = data && !o->symlink && !o->hard_link;
	enum outcome made;

	if (stop_asked()) {
		outcome_left_out(e);
	} else if (o->dry_run) {
		ok = say_planned(c, e, plan, by_library);
	} else if (by_library) {
		start(c, e, plan, NULL);
		return;
	} else {
		ok = make(c, e, plan, &made);
		if (ok)
			announce_made(c, e, plan->backup);
		if (ok || !stop_now())
			outcome(e, ok ? made : OUTCOME_FAILED, NULL);
		else
			outcome_left_out(e);
	}
	finish_plan(c, e, plan, ok);
}

/* Do with e what plan says, unless it is a further name of a file. */
static void carry_out(struct context *c, const struct entry *e, struct plan *plan)
{
	if (hardlink_possible(c->opts, e) && !hardlink_meet(c, e, plan))
		return;
	targets_take(c, e);
	copy_planned(c, e, plan);
}

/*
 * What is at e's destination stays, and counts as e's copy; why is PLAN_KEEP_AS_COPY or
 * PLAN_ATTRIBUTES.
 */
static void count_existing_as_copy(struct context *c, const struct entry *e,
				   const struct plan *plan, enum plan_action why)
{
	struct link *link;

	if (!hardlink_possible(c->opts, e))
		plan_leave_out(c, e, plan, why);
	else if ((link = hardlink_meet_existing(c, e, plan, why)))
		link_ended(c, link, true);
}

void copy_entry(struct context *c, const struct entry *wanted)
{
	struct plan plan = { .link = NULL };
	struct entry e = *wanted;
	struct attempt attempt;

	again_attempt(&e, &attempt);
	if (stop_asked()) {
		outcome_left_out(&e);
		return;
	}
	if (full_bars(c, &e))
		return;
	outcome_number(&e);
	if (S_ISLNK(e.type) && options_refuses(c->opts, e.operand)) {
		complain_src(&e, OP_CHECK, 0, "not following symbolic link %s");
		outcome(&e, OUTCOME_FAILED, NULL);
		return;
	}
	enum plan_action action = plan_complete(c, &e, &plan);
	if (action == PLAN_COPY) {
		announce_begun(c, &e, plan.backup);
		carry_out(c, &e, &plan);
	} else if (action == PLAN_KEEP_AS_COPY || action == PLAN_ATTRIBUTES) {
		count_existing_as_copy(c, &e, &plan, action);
	} else {
		plan_leave_out(c, &e, &plan, action);
	}
}
