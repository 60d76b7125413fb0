/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: an entry goes through the questions that cp asks, in cp's order
 * (what is at the destination, may it go, is this a further name of a file
 * copied already), and then to whoever copies its type: the window for what
 * the library does, node.c for the rest.  In a directory that this run has
 * made there is nothing to ask about, and no system call is spent on it.
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

#include "attrs.h"
#include "hash.h"
#include "node.h"
#include "options.h"
#include "report.h"
#include "same.h"
#include "same-inode.h"
#include "xalloc.h"

/* -------------------------------------------------------------- messages */

void copy_error_src(const struct entry *e, int err, const char *message)
{
	char *path = dir_src_path(e->dir, e->src);

	report_error(err, message, report_quote(0, path));
	free(path);
}

void copy_error_dst(const struct entry *e, int err, const char *message)
{
	char *path = dir_dst_path(e->dir, e->dst);

	report_error(err, message, report_quote(0, path));
	free(path);
}

/* A message with both names, in the order of the format's %s. */
static void error_both(const struct entry *e, int err, bool dst_first, const char *message)
{
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);

	report_error(err, message, report_quote(0, dst_first ? dst : src),
		     report_quote(1, dst_first ? src : dst));
	free(src);
	free(dst);
}

void copy_announce(const struct copy *c, const struct entry *e)
{
	if (!c->opts->verbose)
		return;
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	report_copied(src, dst);
	free(src);
	free(dst);
}

static void announce_removed(const struct entry *e)
{
	char *path = dir_dst_path(e->dir, e->dst);

	report_removed(path);
	free(path);
}

/* ------------------------------------------- what is at the destination */

/*
 * Are source and destination, which have one inode or names that lead to one,
 * really the same?  Two symlinks are not, nor is one that is to be replaced.
 */
static bool same_file(const struct copy *c, const struct entry *e, const struct stat *src,
		      const struct stat *dst)
{
	int src_dir = dir_src_fd(e->dir), dst_dir = dir_dst_fd(e->dir);
	struct stat src_end, dst_end;

	if (c->opts->follow != FOLLOW_NEVER)
		return SAME_INODE(*src, *dst);
	if (S_ISLNK(src->st_mode) && S_ISLNK(dst->st_mode))
		return same_nameat(src_dir, e->src, dst_dir, e->dst);
	if (!S_ISLNK(src->st_mode) && !S_ISLNK(dst->st_mode))
		return SAME_INODE(*src, *dst);
	/* One is a symlink, maybe to the other. */
	return fstatat(src_dir, e->src, &src_end, 0) == 0 &&
	       fstatat(dst_dir, e->dst, &dst_end, 0) == 0 && SAME_INODE(src_end, dst_end);
}

/* Must dst go before, so that neither its other names nor its target change? */
static bool must_unlink(const struct copy *c, const struct entry *e, const struct stat *dst)
{
	if (S_ISDIR(dst->st_mode))
		return false;
	return (c->opts->keep_links && dst->st_nlink > 1) ||
	       (c->opts->follow == FOLLOW_NEVER && !S_ISREG(e->type));
}

static enum copy_dst unlink_dst(const struct copy *c, const struct entry *e)
{
	if (unlinkat(dir_dst_fd(e->dir), e->dst, 0) < 0 && errno != ENOENT) {
		copy_error_dst(e, errno, "cannot remove %s");
		return COPY_DST_REFUSED;
	}
	if (c->opts->verbose)
		announce_removed(e);
	return COPY_DST_NEW;
}

static enum copy_dst judge_dst(struct copy *c, const struct entry *e, const struct stat *src,
			       const struct stat *dst)
{
	if (same_file(c, e, src, dst)) {
		error_both(e, 0, false, "%s and %s are the same file");
		return COPY_DST_REFUSED;
	}
	if (!S_ISDIR(dst->st_mode) && S_ISDIR(e->type)) {
		error_both(e, 0, true, "cannot overwrite non-directory %s with directory %s");
		return COPY_DST_REFUSED;
	}
	if (S_ISDIR(dst->st_mode) && !S_ISDIR(e->type)) {
		copy_error_dst(e, 0, "cannot overwrite directory %s with non-directory");
		return COPY_DST_REFUSED;
	}
	if (e->operand && !S_ISDIR(dst->st_mode) && c->targets &&
	    hash_lookup(c->targets, e->dst)) {
		error_both(e, 0, true, "will not overwrite just-created %s with %s");
		return COPY_DST_REFUSED;
	}
	return must_unlink(c, e, dst) ? unlink_dst(c, e) : COPY_DST_EXISTS;
}

enum copy_dst copy_look_at_dst(struct copy *c, const struct entry *e, struct stat *ret)
{
	/* Regular files are written through symlinks; nothing else is. */
	bool content = S_ISREG(e->type) ||
		       (!c->opts->recursive && !S_ISDIR(e->type) && !S_ISLNK(e->type));
	int follow = c->opts->follow == FOLLOW_NEVER ? AT_SYMLINK_NOFOLLOW : 0;
	struct stat src;

	if (fstatat(dir_dst_fd(e->dir), e->dst, ret, content ? 0 : AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return COPY_DST_NEW;
		copy_error_dst(e, errno, "cannot stat %s");
		return COPY_DST_REFUSED;
	}
	if (e->st)
		src = *e->st;
	else if (fstatat(dir_src_fd(e->dir), e->src, &src, follow) < 0) {
		copy_error_src(e, errno, "cannot stat %s");
		return COPY_DST_REFUSED;
	}
	return judge_dst(c, e, &src, ret);
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

static void start(struct copy *c, const struct entry *e, enum copy_dst found,
		  const struct stat *dst, struct link *link)
{
	struct pending p = {
		.dir = e->dir, .src = e->src, .dst = e->dst, .type = e->type,
		.link = link, .flags = copy_attr_flags(c->opts),
	};

	if (c->opts->follow == FOLLOW_NEVER)
		p.flags |= COPYFILE_NOFOLLOW;
	if (not_worth_a_thread(c, e))
		p.flags |= COPYFILE_SYNC;
	if (found == COPY_DST_EXISTS) {
		p.flags |= COPYFILE_TRUNCATE;
		p.over_dev = dst->st_dev;
		p.over_ino = dst->st_ino;
	}
	window_start(&c->window, &p);
}

static void copy_new(struct copy *c, const struct entry *e, enum copy_dst found,
		     const struct stat *dst, struct link *link);

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
			copy_new(c, e, COPY_DST_NEW, NULL, k);
		else
			links_leave(&c->links, k);
		return false;
	}
	if (err) {
		char *dst = dir_dst_path(e->dir, e->dst);

		report_error(err, "cannot create hard link %s to %s", report_quote(0, dst),
			     report_quote(1, first));
		free(first);
		free(dst);
	} else if (replaced && c->opts->verbose)
		announce_removed(e);
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
		struct stat dst;
		enum copy_dst found = e.dir->fresh ? COPY_DST_NEW : copy_look_at_dst(c, &e, &dst);

		if (found != COPY_DST_REFUSED) {
			links_rename(&c->links, k, e.dir, e.src, e.dst);
			copy_new(c, &e, found, &dst, k);
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

/* The failure of a copy, in cp's words. */
static void report_failure(const struct entry *e, int err, const struct copyfile_info *info)
{
	struct stat st;

	switch (info->stage) {
	case COPYFILE_QUEUED:
	case COPYFILE_OPEN_SRC:
		if (err == EOPNOTSUPP)
			copy_error_src(e, 0, "skipping file %s, as it was replaced while being copied");
		else
			/* cp looks before it opens; what it would have found decides. */
			copy_error_src(e, err,
				       fstatat(dir_src_fd(e->dir), e->src, &st,
					       AT_SYMLINK_NOFOLLOW) < 0 ?
					       "cannot stat %s" : "cannot open %s for reading");
		break;
	case COPYFILE_OPEN_DST:
		if (S_ISLNK(e->type))
			copy_error_dst(e, err, "cannot create symbolic link %s");
		else if (err == EEXIST &&
			 fstatat(dir_dst_fd(e->dir), e->dst, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			 S_ISLNK(st.st_mode))
			copy_error_dst(e, 0, "not writing through dangling symlink %s");
		else {
			/* "missing/" is not a directory, for all that open(2) says. */
			size_t len = strlen(e->dst);

			if (err == EISDIR && len && e->dst[len - 1] == '/')
				err = ENOTDIR;
			copy_error_dst(e, err, "cannot create regular file %s");
		}
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
		error_both(e, err, false, "error copying %s to %s");
	}
}

void copy_ended(void *arg, const struct pending *p, int result,
		const struct copyfile_info *info)
{
	struct copy *c = arg;
	const struct entry e = {
		.dir = p->dir, .src = p->src, .dst = p->dst, .type = p->type,
	};

	if (result < 0)
		report_failure(&e, -result, info);
	else
		report_done(1, info->bytes_done);
	if (info->skipped) {
		char *dst = dir_dst_path(p->dir, p->dst);
		attrs_report(c->opts, info, dst);
		free(dst);
	}
	if (info->changed) {
		char *src = dir_src_path(p->dir, p->src);
		report_warning("warning: %s changed while it was copied", report_quote(0, src));
		free(src);
	}
	if (p->link)
		end_link(c, p->link, result == 0);
}

/* Copy e by its type; link, if not NULL, is told how it ended. */
static void copy_new(struct copy *c, const struct entry *e, enum copy_dst found,
		     const struct stat *dst, struct link *link)
{
	bool contents = !c->opts->recursive && !S_ISLNK(e->type);

	if (S_ISREG(e->type) || S_ISLNK(e->type)) {
		start(c, e, found, dst, link);
		return;
	}
	bool ok = contents ? node_copy_contents(c, e, found == COPY_DST_EXISTS) : node_copy(c, e);
	if (link)
		end_link(c, link, ok);
}

void copy_entry(struct copy *c, const struct entry *e)
{
	struct stat dst;
	enum copy_dst found = e->dir->fresh ? COPY_DST_NEW : copy_look_at_dst(c, e, &dst);
	struct link *link;

	if (found == COPY_DST_REFUSED)
		return;
	copy_announce(c, e);
	if (!c->opts->keep_links || !e->st || e->st->st_nlink < 2) {
		copy_new(c, e, found, &dst, NULL);
		return;
	}
	switch (links_meet(&c->links, e->st, e->dir, e->src, e->dst, &link)) {
	case LINK_FIRST:
		copy_new(c, e, found, &dst, link);
		break;
	case LINK_FURTHER:
		if (link_to(c, link, e))
			links_leave(&c->links, link);
		break;
	case LINK_WAITS:
		break;
	}
}
