/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: an entry goes through the questions that cp asks, in cp's order (what is at the
 * destination, may it go, is this a further name of a file copied already).  Then the
 * window starts a copy by the library; manual.c, node.c and mklink.c make everything else.
 *
 * What follows from the end of a copy stands in copy_ended(): the message, a second
 * attempt in another way, the names that wait for it (hardlink.c).
 */
#include <config.h>

#include "copy/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "areadlink.h"
#include "base/clock.h"
#include "base/names.h"
#include "base/options.h"
#include "base/stop.h"
#include "copy/attrs.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "copy/existing.h"
#include "copy/full.h"
#include "copy/hardlink.h"
#include "copy/mklink.h"
#include "copy/node.h"
#include "copy/outcome.h"
#include "copy/plan.h"
#include "copy/stream.h"
#include "report/json.h"
#include "report/report.h"
#include "report/verbose.h"
#include "tree/dir.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* As many as the kernel follows */
#define MOST_SYMLINKS 40

/* ------------------------------------------------------------- messages */

void copy_announce(const struct context *c, const struct entry *e, const char *backup)
{
	if (!c->opts->verbose)
		return;
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	char *old = backup ? dir_dst_path(e->dir, backup) : NULL;
	verbose_copied(src, dst, old);
	free(src);
	free(dst);
	free(old);
}

void copy_announce_removed(const struct entry *e)
{
	char *path = dir_dst_path(e->dir, e->dst);

	verbose_removed(path);
	free(path);
}

/* ------------------------------------------------------ the copy itself */

uint64_t copy_attr_flags(const struct options *o)
{
	return o->attrs ? o->attrs | COPYFILE_LENIENT : 0;
}

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

	return reflink[o->reflink] | sparse[o->sparse] |
	       (o->default_mode ? COPYFILE_PLAIN_MODE | COPYFILE_LENIENT : 0);
}

static void start(struct context *c, const struct entry *e, const struct plan *plan)
{
	struct pending p = {
		.dir = e->dir, .src = e->src, .dst = e->dst, .type = e->type,
		.operand = e->operand, .link = plan->link, .backup = plan->backup,
		.id = e->id, .begun = e->begun, .again = plan->again,
		.flags = copy_attr_flags(c->opts) | data_flags(c->opts),
	};

	if (!options_follows(c->opts, e->operand))
		p.flags |= COPYFILE_NOFOLLOW;
	if (not_worth_a_thread(c, e))
		p.flags |= COPYFILE_SYNC;
	/* A symlink that need not go beforehand is in the way, but for -f. */
	if (plan->over && (!S_ISLNK(e->type) || c->opts->force)) {
		p.flags |= COPYFILE_TRUNCATE;
		/* Where two operands overwrite one inode the last one wins. */
		if (e->operand) {
			p.over_dev = plan->dst.st_dev;
			p.over_ino = plan->dst.st_ino;
		}
		/* A FIFO may have no reader for long; nor is main to wait for a device. */
		if (plan->dst.st_mode && !S_ISREG(plan->dst.st_mode))
			p.flags = (p.flags & ~COPYFILE_SYNC) | COPYFILE_ASYNC;
	}
	window_start(&c->window, &p);
}

/* ------------------------------------------------- the end of a copy */

/* What else there is to say of a copy */
static void report_details(const struct context *c, const struct entry *e,
			   const struct copyfile_info *info)
{
	if (info->skipped)
		attrs_complain(c, e, info);
	if (info->changed) {
		char *src = dir_src_path(e->dir, e->src);
		report_warning(&(struct report_about){ .op = OP_READ, .src = src, .id = e->id },
			       "warning: %s changed while it was copied", report_quote(0, src));
		free(src);
	}
	if (c->opts->debug && S_ISREG(e->type))
		verbose_method(c->opts, e, info);
}

bool copy_is_target(const struct context *c, const struct entry *e)
{
	if (!c->targets)
		return false;
	char *path = dir_dst_path(e->dir, e->dst);
	bool is = names_have(c->targets, path);
	free(path);
	return is;
}

/* An operand has its destination for itself, unless nothing is made of it after all. */
static void note_target(struct context *c, const struct entry *e, bool made)
{
	if (!e->operand || !c->targets)
		return;
	char *path = dir_dst_path(e->dir, e->dst);
	if (made)
		names_add(c->targets, path);
	else
		names_remove(c->targets, path);
	free(path);
}

/* e has been copied, or not: what depends on that. */
static void settle(struct context *c, const struct entry *e, const struct plan *plan, bool ok)
{
	if (ok)
		free(plan->backup);
	else
		existing_restore(c, e, plan->backup);
	if (!ok)
		note_target(c, e, false);
	if (plan->link)
		hardlink_end(c, plan->link, ok);
}

/* The contents of the symlink name in dir, which the caller frees; NULL: it is none. */
static char *read_symlink(int dir, const char *name)
{
	char *target;

	do
		target = areadlinkat(dir, name);
	while (!target && errno == EINTR);
	return target;
}

/* What the symlink name in dir leads to, as a name in dir.  The caller frees it. */
static char *end_of_symlink(int dir, const char *name)
{
	char *path = xstrdup(name), *target;

	for (int i = 0; i < MOST_SYMLINKS && (target = read_symlink(dir, path)); i++) {
		const char *slash = strrchr(path, '/');
		char *next = target[0] == '/' || !slash ? xstrdup(target) :
			     xasprintf("%.*s%s", (int)(slash + 1 - path), path, target);

		free(target);
		free(path);
		path = next;
	}
	return path;
}

/*
 * Something is at e's destination that was not there when that was looked at: another
 * program has made it, or another entry, where names that differ only in case are one.
 * Copy e as if it had been there.  Returns as try_again().
 */
static bool meet_new(struct context *c, const struct entry *e, struct plan *plan, bool *said)
{
	plan->again = true;
	/* Its own name is that of an operand, but it has made nothing. */
	note_target(c, e, false);
	enum go go = plan_look(c, e, plan);

	switch (go) {
	case GO:
		note_target(c, e, true);
		start(c, e, plan);
		return true;
	case REFUSED:
		*said = true;
		return false;
	default:
		plan_leave_out(e, go);
		settle(c, e, plan, true);
		return true;
	}
}

/*
 * Copying e failed because its destination could not be opened.  Returns true if e has been
 * dealt with by another attempt.  False: the failure stands; *said tells if that has been
 * reported.
 */
static bool try_again(struct context *c, const struct entry *e, const struct pending *p, int err,
		      bool *said)
{
	struct plan plan = { .backup = p->backup, .link = p->link };
	bool over = p->flags & COPYFILE_TRUNCATE;

	if (S_ISLNK(e->type))
		return false;
	/* EINVAL: it is the source. */
	if (over && c->opts->force && err != ENOENT && err != EINVAL) {
		*said = !existing_remove(c, e);
		if (!*said)
			start(c, e, &plan);
		return !*said;
	}
	/* As POSIX has it: a dangling symlink is written through. */
	if (!over && err == EEXIST && c->opts->through_dangling && existing_is_symlink(e)) {
		struct entry end = *e;
		char *path = end_of_symlink(dir_dst_fd(e->dir), e->dst);

		end.dst = path;
		start(c, &end, &plan);
		free(path);
		return true;
	}
	if (!over && err == EEXIST && !p->again && !e->dir->created && !plan.backup &&
	    !existing_is_symlink(e))
		return meet_new(c, e, &plan, said);
	return false;
}

/* Returns true if, with -u, a symlink like e is at its destination already. */
static bool symlink_is_there(const struct context *c, const struct entry *e)
{
	if (!S_ISLNK(e->type) || c->opts->update != UPDATE_OLDER)
		return false;
	char *want = read_symlink(dir_src_fd(e->dir), e->src);
	char *have = read_symlink(dir_dst_fd(e->dir), e->dst);
	bool is = want && have && !strcmp(want, have);

	free(want);
	free(have);
	return is;
}

void copy_ended(void *arg, const struct pending *p, int result,
		const struct copyfile_info *info)
{
	struct context *c = arg;
	const struct entry e = {
		.dir = p->dir, .src = p->src, .dst = p->dst, .type = p->type,
		.operand = p->operand, .id = p->id, .begun = p->begun,
		.partial = info->partial,
	};
	const struct plan plan = { .backup = p->backup, .link = p->link };
	if (result == -EEXIST && symlink_is_there(c, &e)) {
		plan_leave_out(&e, STAY);
		settle(c, &e, &plan, true);
		return;
	}
	bool ok = result == 0, said = false;
	bool interrupted = result == -ECANCELED && stop_asked() == STOP_SIGNAL;

	/* What was cancelled there had its destination open. */
	if (!ok && !interrupted && info->stage == COPYFILE_OPEN_DST &&
	    try_again(c, &e, p, -result, &said))
		return;
	if (result == -EINVAL && p->flags & COPYFILE_TRUNCATE &&
	    info->stage == COPYFILE_OPEN_DST && S_ISREG(e.type))
		complain_both(&e, OP_CHECK, 0, false, "%s and %s are the same file");
	else if (result < 0 && !said && !interrupted)
		complain_copy(c, &e, -result, info);
	else if (interrupted && info->partial == COPYFILE_PARTIAL_KEPT)
		complain_dst(&e, OP_WRITE, 0, "interrupted: %s is incomplete");
	report_details(c, &e, info);
	if (result == 0)
		outcome(&e, info->method == COPYFILE_BY_REFLINK ? OUTCOME_CLONED : OUTCOME_COPIED,
			info);
	else if (!interrupted)
		outcome(&e, OUTCOME_FAILED, info);
	settle(c, &e, &plan, ok);
}

/* -------------------------------------------------------------- an entry */

/* Make what e's copy is to be, where that is not the library's business. */
static bool make(struct context *c, const struct entry *e, const struct plan *plan,
		 enum outcome *ret)
{
	const struct options *o = c->opts;

	*ret = OUTCOME_LINKED;
	if (o->symlink)
		return mklink_symbolic(c, e);
	if (o->hard_link)
		return mklink_hard(c, e);
	*ret = OUTCOME_COPIED;
	if (S_ISREG(e->type) || o->contents)
		return stream_copy(c, e, plan->over ? &plan->dst : NULL);
	*ret = OUTCOME_CREATED;
	return node_copy(c, e);
}

void copy_planned(struct context *c, const struct entry *e, const struct plan *plan)
{
	const struct options *o = c->opts;
	bool data = S_ISLNK(e->type) || (S_ISREG(e->type) && !o->attributes_only), ok = false;
	enum outcome made;

	if (stop_asked())
		stop_leave_out();
	else if (data && !o->symlink && !o->hard_link) {
		start(c, e, plan);
		return;
	} else {
		ok = make(c, e, plan, &made);
		if (ok || stop_asked() != STOP_SIGNAL)
			outcome(e, ok ? made : OUTCOME_FAILED, NULL);
	}
	settle(c, e, plan, ok);
}

void copy_number(struct entry *e)
{
	/* Otherwise those in flight are numbered, see window.c. */
	if (!json_tells_files())
		return;
	e->id = outcome_new_id();
	e->begun = clock_now(CLOCK_MONOTONIC);
}

/* Do with e what plan says. */
static void follow_plan(struct context *c, const struct entry *e, struct plan *plan)
{
	bool names = hardlink_possible(c->opts, e);

	switch (names ? hardlink_meet(c, e, plan->backup, &plan->link) : LINK_FIRST) {
	case LINK_FIRST:
		if (names)
			hardlink_note_symlink(c, plan->link, e);
		note_target(c, e, true);
		copy_planned(c, e, plan);
		break;
	case LINK_FURTHER:
		hardlink_make(c, plan->link, e, plan->backup);
		links_leave(&c->links, plan->link);
		break;
	case LINK_WAITS:
		break;
	}
}

void copy_entry(struct context *c, const struct entry *wanted)
{
	struct plan plan = { .link = NULL };
	struct entry e = *wanted;

	if (stop_asked()) {
		stop_leave_out();
		return;
	}
	if (full_bars(c, &e))
		return;
	copy_number(&e);
	enum go go = plan_look(c, &e, &plan);
	if (go == GO) {
		copy_announce(c, &e, plan.backup);
		follow_plan(c, &e, &plan);
	} else if (go == STAY_AS_COPY && hardlink_possible(c->opts, &e))
		hardlink_keep(c, &e);
	else
		plan_leave_out(&e, go);
}
