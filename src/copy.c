/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: an entry goes through the questions that cp asks, in cp's order
 * (what is at the destination, may it go, is this a further name of a file
 * copied already), and then to whoever makes what is wanted: the window for what
 * the library does, manual.c, node.c and mklink.c for the rest.  In a directory
 * that this run has made there is nothing to ask about, and no system call is
 * spent on it.
 *
 * What follows from the end of a copy stands in copy_ended(): the message, the
 * names that wait for it.
 */
#include <config.h>

#include "copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "areadlink.h"
#include "attrs.h"
#include "existing.h"
#include "manual.h"
#include "mklink.h"
#include "names.h"
#include "node.h"
#include "options.h"
#include "report.h"
#include "stop.h"
#include "xalloc.h"
#include "xvasprintf.h"

/* As many as the kernel follows */
#define MOST_SYMLINKS 40

/* -------------------------------------------------------------- messages */

void copy_error_src(const struct entry *e, int err, const char *message)
{
	char *path = dir_src_path(e->dir, e->src);

	report_error(err, message, report_quote(0, path));
	report_failed_source(path);
	free(path);
}

void copy_error_dst(const struct entry *e, int err, const char *message)
{
	char *path = dir_dst_path(e->dir, e->dst), *src = dir_src_path(e->dir, e->src);

	report_if_full(err);
	report_error(err, message, report_quote(0, path));
	report_failed_source(src);
	free(path);
	free(src);
}

void copy_error_dst_plain(const struct entry *e, const char *message)
{
	char *path = dir_dst_path(e->dir, e->dst);

	report_error(0, message, report_name(0, path, true));
	free(path);
}

void copy_error_both(const struct entry *e, int err, bool dst_first, const char *message)
{
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);

	report_if_full(err);
	report_error(err, message, report_quote(0, dst_first ? dst : src),
		     report_quote(1, dst_first ? src : dst));
	report_failed_source(src);
	free(src);
	free(dst);
}

static bool ends_in_slash(const char *name)
{
	size_t len = strlen(name);

	return len && name[len - 1] == '/';
}

/* Is e's destination one? */
static bool is_symlink(const struct entry *e)
{
	struct stat st;

	return fstatat(dir_dst_fd(e->dir), e->dst, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISLNK(st.st_mode);
}

void copy_error_create(const struct entry *e, int err)
{
	if (err == EEXIST && is_symlink(e)) {
		copy_error_dst(e, 0, "not writing through dangling symlink %s");
		return;
	}
	/* "missing/" is not a directory, for all that open(2) says. */
	if (err == EISDIR && ends_in_slash(e->dst))
		err = ENOTDIR;
	copy_error_dst(e, err, "cannot create regular file %s");
}

void copy_announce(const struct copy *c, const struct entry *e, const char *backup)
{
	if (!c->opts->verbose)
		return;
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	char *old = backup ? dir_dst_path(e->dir, backup) : NULL;
	report_copied(src, dst, old);
	free(src);
	free(dst);
	free(old);
}

void copy_announce_removed(const struct entry *e)
{
	char *path = dir_dst_path(e->dir, e->dst);

	report_removed(path);
	free(path);
}

/* ------------------------------------------------------ the copy itself */

uint64_t copy_attr_flags(const struct options *o)
{
	return o->attrs ? o->attrs | COPYFILE_LENIENT : 0;
}

/* A small operand is not worth a thread. */
static bool not_worth_a_thread(const struct copy *c, const struct entry *e)
{
	return e->operand && !c->opts->recursive && c->opts->noperands <= 3 && e->st &&
	       e->st->st_size < 1024 * 1024;
}

/* What the library is asked for, besides attributes */
static uint64_t data_flags(const struct options *o)
{
	static const uint64_t reflink[] = {
		[WHEN_ALWAYS] = COPYFILE_REFLINK, [WHEN_NEVER] = COPYFILE_NO_REFLINK,
	};
	static const uint64_t sparse[] = {
		[WHEN_ALWAYS] = COPYFILE_SPARSE, [WHEN_NEVER] = COPYFILE_NO_SPARSE,
	};

	return reflink[o->reflink] | sparse[o->sparse];
}

/* A copy that is about to begin: what was found, and what depends on how it ends */
struct plan {
	bool over;			/* the destination is there, */
	struct stat dst;		/* and is this; zeros: not known */
	char *backup;			/* its new name, or NULL; owned */
	struct link *link;		/* names that wait for this copy, or NULL */
};

static void start(struct copy *c, const struct entry *e, const struct plan *plan)
{
	struct pending p = {
		.dir = e->dir, .src = e->src, .dst = e->dst, .type = e->type,
		.operand = e->operand, .link = plan->link, .backup = plan->backup,
		.flags = copy_attr_flags(c->opts) | data_flags(c->opts),
	};

	if (!options_follows(c->opts, e->operand))
		p.flags |= COPYFILE_NOFOLLOW;
	if (not_worth_a_thread(c, e))
		p.flags |= COPYFILE_SYNC;
	/* A symlink that need not go beforehand is in the way, but for -f. */
	if (plan->over && (!S_ISLNK(e->type) || c->opts->force)) {
		p.flags |= COPYFILE_TRUNCATE;
		p.over_dev = plan->dst.st_dev;
		p.over_ino = plan->dst.st_ino;
	}
	window_start(&c->window, &p);
}

static void copy_new(struct copy *c, const struct entry *e, const struct plan *plan);

enum go {
	GO,		/* ahead with the plan */
	STAY,		/* nothing is to be done, or can be */
	STAY_AS_COPY	/* the same, but what is there is as good as a copy */
};

/* Complete plan by what is at the destination of e. */
static enum go look(struct copy *c, const struct entry *e, struct plan *plan)
{
	struct existing there;

	if (e->dir->fresh)
		return GO;
	switch (existing_look(c, e, &there)) {
	case EXISTING_NONE:
		plan->backup = there.backup;
		return GO;
	case EXISTING_OVER:
		plan->over = true;
		plan->dst = there.st;
		return GO;
	case EXISTING_UP_TO_DATE:
		return STAY_AS_COPY;
	default:
		return STAY;
	}
}

/*
 * Give k's file the name e.  False: e has become the copy that the rest of k's
 * names wait for, or waits; k is not to be touched any more.
 */
static bool link_to(struct copy *c, struct link *k, const struct entry *e)
{
	bool replaced;
	char *first;
	int err = links_make(&c->links, k, e->dir, e->dst, &replaced, &first);

	if (err == EMLINK) {
		free(first);
		/* As many names as the file system allows: begin a new one. */
		if (links_rename(&c->links, k, e->dir, e->src, e->dst))
			copy_new(c, e, &(struct plan){ .link = k });
		else
			links_leave(&c->links, k);
		return false;
	}
	if (err) {
		char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);

		report_if_full(err);
		report_error(err, "cannot create hard link %s to %s", report_quote(0, dst),
			     report_quote(1, first));
		report_failed_source(src);
		free(first);
		free(src);
		free(dst);
	} else if (replaced && c->opts->verbose)
		copy_announce_removed(e);
	return true;
}

/* Let w have its turn now that k's copy has ended, well or not.  As link_to(). */
static bool settle_waiting(struct copy *c, struct link *k, const struct waiting *w, bool copied)
{
	const struct entry e = {
		.dir = w->dir, .src = w->name_src, .dst = w->name_dst, .type = k->type,
	};
	bool mine = true;

	if (!dir_use(e.dir, -1))
		return true;
	if (copied)
		mine = link_to(c, k, &e);
	else {
		struct plan plan = { .link = k };

		if (look(c, &e, &plan) == GO) {
			links_rename(&c->links, k, e.dir, e.src, e.dst);
			copy_new(c, &e, &plan);
			mine = false;
		}
	}
	dir_release(e.dir);
	return mine;
}

/* The copy of k's file has ended: the names that waited get their turn. */
static void settle_link(struct copy *c, struct link *k)
{
	struct waiting *w;
	bool mine = true, copied;

	while (mine && (w = links_next(&c->links, k, &copied))) {
		mine = settle_waiting(c, k, w, copied);
		dir_put(w->dir);
		waiting_free(w);
	}
	if (mine)
		links_leave(&c->links, k);
}

static void settle_chore(struct chore *chore)
{
	struct link *k = (struct link *)((char *)chore - offsetof(struct link, settle));

	settle_link(k->arg, k);
}

static void end_link(struct copy *c, struct link *k, bool copied)
{
	links_end(&c->links, k, copied);
	/* Main has more to reap, and links may have to wait for a server. */
	if (window_is_main(&c->window) && links_awaited(&c->links, k)) {
		k->settle.run = settle_chore;
		k->arg = c;
		if (crew_give(&c->crew, &k->settle))
			return;
	}
	settle_link(c, k);
}

/* ------------------------------------------------- the end of a copy */

/* The failure of a copy, in cp's words. */
static void report_failure(const struct copy *c, const struct entry *e, int err,
			   const struct copyfile_info *info)
{
	struct stat st;

	switch (info->stage) {
	case COPYFILE_QUEUED:
	case COPYFILE_OPEN_SRC:
		if (err == EOPNOTSUPP)
			copy_error_src(e, 0, "skipping file %s, as it was replaced while being copied");
		else
			/* cp looks before it opens; what it would have found decides. */
			copy_error_src(e, err, !e->operand &&
				       fstatat(dir_src_fd(e->dir), e->src, &st,
					       AT_SYMLINK_NOFOLLOW) < 0 ? "cannot stat %s" :
				       S_ISLNK(e->type) ? "cannot read symbolic link %s" :
							  "cannot open %s for reading");
		break;
	case COPYFILE_OPEN_DST:
		if (S_ISLNK(e->type))
			/* With -f it was to be replaced by what is in "name/", which is nothing. */
			copy_error_dst(e, err == EEXIST && c->opts->force && ends_in_slash(e->dst) ?
					       ENOTDIR : err, "cannot create symbolic link %s");
		else
			copy_error_create(e, err);
		break;
	case COPYFILE_READ:
		copy_error_src(e, err, "error reading %s");
		break;
	case COPYFILE_WRITE:
		copy_error_dst(e, err, "error writing %s");
		break;
	case COPYFILE_FLUSH:
		copy_error_dst(e, err, "failed to close %s");
		break;
	default:
		if (c->opts->reflink == WHEN_ALWAYS)
			copy_error_both(e, err, true, "failed to clone %s from %s");
		else
			copy_error_both(e, err, false, "error copying %s to %s");
	}
}

/* What else there is to say of a copy */
static void report_details(const struct copy *c, const struct entry *e,
			   const struct copyfile_info *info)
{
	if (info->skipped) {
		char *dst = dir_dst_path(e->dir, e->dst);
		attrs_report(c->opts, info, dst);
		free(dst);
	}
	if (info->changed) {
		char *src = dir_src_path(e->dir, e->src);
		report_warning("warning: %s changed while it was copied", report_quote(0, src));
		free(src);
	}
	if (c->opts->debug && S_ISREG(e->type) && !info->error)
		report_method(info, c->opts->reflink == WHEN_NEVER, c->opts->sparse);
}

bool copy_is_target(const struct copy *c, const struct entry *e)
{
	if (!c->targets)
		return false;
	char *path = dir_dst_path(e->dir, e->dst);
	bool is = names_have(c->targets, path);
	free(path);
	return is;
}

/* An operand has its destination for itself, unless nothing is made of it after all. */
static void note_target(struct copy *c, const struct entry *e, bool made)
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

/* Count e, of so many bytes, as copied. */
static void done(const struct entry *e, uint64_t bytes)
{
	report_done(1, bytes);
	if (!report_logs())
		return;
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	report_logged(src, dst, bytes);
	free(src);
	free(dst);
}

/* e has been copied, or not: what depends on that. */
static void settle(struct copy *c, const struct entry *e, const struct plan *plan, bool ok)
{
	if (ok)
		free(plan->backup);
	else
		existing_restore(c, e, plan->backup);
	if (!ok)
		note_target(c, e, false);
	if (plan->link)
		end_link(c, plan->link, ok);
}

/* What the symlink name in dir leads to, as a name in dir.  The caller frees it. */
static char *end_of_symlink(int dir, const char *name)
{
	char *path = xstrdup(name), *target;

	for (int i = 0; i < MOST_SYMLINKS && (target = areadlinkat(dir, path)); i++) {
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
 * Copying e failed because its destination could not be opened.  True: it has been
 * begun once more.  False: not; or that could not be, which *said tells has been
 * reported.
 */
static bool try_again(struct copy *c, const struct entry *e, const struct pending *p, int err,
		      bool *said)
{
	const struct plan plan = { .backup = p->backup, .link = p->link };
	bool over = p->flags & COPYFILE_TRUNCATE;

	if (S_ISLNK(e->type))
		return false;
	if (over && c->opts->force && err != ENOENT) {
		*said = !existing_remove(c, e);
		if (!*said)
			start(c, e, &plan);
		return !*said;
	}
	/* As POSIX has it: a dangling symlink is written through. */
	if (!over && err == EEXIST && c->opts->through_dangling && is_symlink(e)) {
		struct entry end = *e;
		char *path = end_of_symlink(dir_dst_fd(e->dir), e->dst);

		end.dst = path;
		start(c, &end, &plan);
		free(path);
		return true;
	}
	return false;
}

void copy_ended(void *arg, const struct pending *p, int result,
		const struct copyfile_info *info)
{
	struct copy *c = arg;
	const struct entry e = {
		.dir = p->dir, .src = p->src, .dst = p->dst, .type = p->type,
		.operand = p->operand,
	};
	const struct plan plan = { .backup = p->backup, .link = p->link };
	bool ok = result == 0, said = false;

	if (!ok && info->stage == COPYFILE_OPEN_DST && try_again(c, &e, p, -result, &said))
		return;
	if (ok && c->opts->default_mode && S_ISREG(p->type) && !(p->flags & COPYFILE_TRUNCATE))
		ok = attrs_default_mode(c, &e, 0666);
	if (result == 0)
		done(&e, info->bytes_done);
	else if (!said && !(result == -ECANCELED && stop_asked() == STOP_SIGNAL))
		report_failure(c, &e, -result, info);
	else if (!said && p->flags & COPYFILE_TRUNCATE && info->stage > COPYFILE_OPEN_DST)
		copy_error_dst(&e, 0, "interrupted: %s is incomplete");
	report_details(c, &e, info);
	settle(c, &e, &plan, ok);
}

/* -------------------------------------------------------------- an entry */

/* Make what e's copy is to be. */
static void copy_new(struct copy *c, const struct entry *e, const struct plan *plan)
{
	const struct options *o = c->opts;
	bool regular = S_ISREG(e->type), ok;

	if (stop_asked()) {
		stop_leave_out();
		ok = false;
	} else if (o->symlink)
		ok = mklink_symbolic(c, e);
	else if (o->hard_link)
		ok = mklink_hard(c, e);
	else if (S_ISLNK(e->type) || (regular && !o->attributes_only)) {
		start(c, e, plan);
		return;
	} else if (regular || o->contents)
		ok = manual_copy(c, e, plan->over);
	else
		ok = node_copy(c, e);
	settle(c, e, plan, ok);
}

/* Are other names of e's inode to become links to its copy? */
static bool may_have_names(const struct options *o, const struct entry *e)
{
	return o->keep_links && !o->hard_link && e->st &&
	       (e->st->st_nlink > 1 || options_follows(o, e->operand));
}

/* What its role among the names of its inode is; see links_meet() */
static enum link_role meet(struct copy *c, const struct entry *e, struct link **ret)
{
	struct stat st = *e->st;

	/* By way of symlinks, or of operands, an inode is met any number of times. */
	if (options_follows(c->opts, e->operand) || c->sources)
		st.st_nlink = LINKS_ANY;
	return links_meet(&c->links, &st, e->dir, e->src, e->dst, ret);
}

/* What is there counts as the copy of e; or gives way to a link to an earlier one. */
static void meet_kept(struct copy *c, const struct entry *e)
{
	struct link *link;

	switch (meet(c, e, &link)) {
	case LINK_FIRST:
		end_link(c, link, true);
		break;
	case LINK_FURTHER:
		if (link_to(c, link, e))
			links_leave(&c->links, link);
		break;
	case LINK_WAITS:
		break;
	}
}

void copy_entry(struct copy *c, const struct entry *e)
{
	struct plan plan = { .link = NULL };

	if (stop_asked()) {
		stop_leave_out();
		return;
	}
	enum go go = look(c, e, &plan);
	bool names = may_have_names(c->opts, e);

	if (go == STAY_AS_COPY && names)
		meet_kept(c, e);
	if (go != GO)
		return;
	copy_announce(c, e, plan.backup);
	switch (names ? meet(c, e, &plan.link) : LINK_FIRST) {
	case LINK_FIRST:
		note_target(c, e, true);
		copy_new(c, e, &plan);
		break;
	case LINK_FURTHER:
		if (link_to(c, plan.link, e))
			links_leave(&c->links, plan.link);
		free(plan.backup);
		break;
	case LINK_WAITS:
		free(plan.backup);
		break;
	}
}
