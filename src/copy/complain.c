/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: cp's words, with full names, which are put together only here, when something
 * has gone wrong.
 */
#include <config.h>

#include "copy/complain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <libcopyfile.h>

#include "base/names.h"
#include "base/options.h"
#include "copy/again.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "copy/full.h"
#include "report/message.h"
#include "report/quote.h"
#include "report/report.h"
#include "tree/dir.h"
#include "tree/dirpath.h"

/* Returns true if e's source was there, and is not any more, as the failure of op with err says. */
static bool has_vanished(const struct entry *e, enum report_op op, int err)
{
	bool named_by_user = !e->dir->parent || e->dir->leads || e->dir->named;
	struct stat st;

	/* An operand that is not found may never have been there. */
	if (!names_gone(err) || (op == OP_LOOK && named_by_user))
		return false;
	if (entry_stat_src(e, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return true;
	/* What a symlink leads to may never have been there either; or it is the destination. */
	return !S_ISLNK(st.st_mode) && op != OP_LINK && op != OP_COPY;
}

static enum report_source source_of(const struct entry *e, enum report_op op, int err)
{
	return has_vanished(e, op, err) ? SOURCE_VANISHED : SOURCE_STAYED;
}

static void complain_of_src(const struct entry *e, enum report_op op, int err,
			    const char *message, enum report_source source)
{
	char *src = dir_src_path(e->dir, e->src);
	const struct report_about about = {
		.op = op, .source = source, .src = src, .id = e->id, .partial = e->partial,
	};

	struct message text = message_of(0, message, quote_always(0, src));
	again_report(e, &about, err, &text);
	message_free(&text);
	free(src);
}

void complain_src(const struct entry *e, enum report_op op, int err, const char *message)
{
	complain_of_src(e, op, err, message, source_of(e, op, err));
}

void complain_replaced(const struct entry *e)
{
	complain_of_src(e, OP_CHECK, 0, "skipping file %s, as it was replaced while being copied",
			SOURCE_VANISHED);
}

void complain_changed(const struct entry *e, bool is_error)
{
	char *src = dir_src_path(e->dir, e->src);
	const struct report_about about = {
		.op = OP_READ, .source = SOURCE_CHANGED, .src = src, .id = e->id,
	};
	const char *name = quote_always(0, src);

	if (is_error)
		report_error_about(&about, 0, "%s changed while it was copied", name);
	else
		report_warning(&about, 0, "warning: %s changed while it was copied", name);
	free(src);
}

/*
 * Report that op failed for e.  message has a %s for the full name of its source or, with
 * dst_first, its destination; and another for second or, if that is NULL, for the other one.
 */
static void complain_of_ends(const struct entry *e, enum report_op op, int err, bool dst_first,
			     const char *second, const char *message)
{
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	const struct report_about about = {
		.op = op, .src = src, .dst = dst, .id = e->id, .partial = e->partial,
		.source = op == OP_LINK || op == OP_COPY ? source_of(e, op, err) : SOURCE_STAYED,
		/* In this order: what full_met() notes would explain this very failure. */
		.known = (op == OP_ATTRIBUTES && full_explains(dst, err)) || full_met(e, op, err),
	};

	if (!second)
		second = dst_first ? src : dst;
	struct message text = message_of(0, message, quote_always(0, dst_first ? dst : src),
					 quote_always(1, second));
	again_report(e, &about, err, &text);
	message_free(&text);
	free(src);
	free(dst);
}

void complain_dst(const struct entry *e, enum report_op op, int err, const char *message)
{
	complain_of_ends(e, op, err, true, NULL, message);
}

void complain_dst_plain(const struct entry *e, const char *message)
{
	char *dst = dir_dst_path(e->dir, e->dst);

	report_error_about(&(struct report_about){ .op = OP_CHECK, .dst = dst, .id = e->id }, 0,
			   message, quote_if_needed(0, dst, true));
	free(dst);
}

void complain_both(const struct entry *e, enum report_op op, int err, bool dst_first,
		   const char *message)
{
	complain_of_ends(e, op, err, dst_first, NULL, message);
}

void complain_link(const struct entry *e, int err, const char *first)
{
	complain_of_ends(e, OP_LINK, err, true, first, "cannot create hard link %s to %s");
}

static bool ends_in_slash(const char *name)
{
	size_t len = strlen(name);

	return len && name[len - 1] == '/';
}

void complain_create(const struct entry *e, int err)
{
	struct stat st;

	if (err == EEXIST && entry_dst_is_symlink(e)) {
		complain_dst(e, OP_CHECK, 0, "not writing through dangling symlink %s");
		return;
	}
	/* "missing/" is not a directory, for all that open(2) says. */
	if (err == EISDIR && ends_in_slash(e->dst) && entry_stat_dst(e, &st, 0) < 0)
		err = ENOTDIR;
	complain_dst(e, OP_CREATE, err, "cannot create regular file %s");
}

bool complain_unless_seen(const struct entry *e)
{
	struct stat st;

	if (e->st || entry_stat_src(e, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return true;
	complain_src(e, OP_LOOK, errno, "cannot stat %s");
	return false;
}

void complain_open_src(const struct entry *e, int err)
{
	struct stat st;

	/* cp looks at what it meets before it opens that; what it would have found decides. */
	if (!e->operand && entry_stat_src(e, &st, AT_SYMLINK_NOFOLLOW) < 0)
		complain_src(e, OP_OPEN, err, "cannot stat %s");
	else
		complain_src(e, OP_OPEN, err, S_ISLNK(e->type) ? "cannot read symbolic link %s" :
								 "cannot open %s for reading");
}

void complain_different(const struct entry *e, const struct copyfile_info *info, bool final)
{
	char *src = dir_src_path(e->dir, e->src), *dst = dir_dst_path(e->dir, e->dst);
	const struct report_about about = {
		.op = OP_VERIFY, .src = src, .dst = dst, .id = e->id, .partial = e->partial,
	};
	const char *from = quote_always(0, src), *to = quote_always(1, dst);
	uintmax_t at = info->differs_at;
	bool somewhere = info->differs_at == UINT64_MAX;

	if (final && somewhere)
		report_error_about(&about, 0, "%s differs from %s at a place that cannot be found "
				   "again", to, from);
	else if (final)
		report_error_about(&about, 0, "%s differs from %s at byte %ju", to, from, at);
	else if (somewhere)
		report_warning(&about, 0, "warning: %s differs from %s at a place that cannot be "
			       "found again; copying once more", to, from);
	else
		report_warning(&about, 0, "warning: %s differs from %s at byte %ju; copying once "
			       "more", to, from, at);
	free(src);
	free(dst);
}

void complain_copy(const struct context *c, const struct entry *e, int err,
			   const struct copyfile_info *info)
{
	uint32_t stage = info->stage;

	/* With --atomic it is found only then that the name is taken. */
	if (err == EEXIST && stage == COPYFILE_PUBLISH)
		stage = COPYFILE_OPEN_DST;
	switch (stage) {
	case COPYFILE_QUEUED:
	case COPYFILE_OPEN_SRC:
		if (err == EOPNOTSUPP)
			complain_replaced(e);
		else
			complain_open_src(e, err);
		break;
	case COPYFILE_OPEN_DST:
		if (!S_ISLNK(e->type)) {
			complain_create(e, err);
			break;
		}
		/* With -f cp would have replaced it by what is in "name/", which is nothing. */
		if (err == EEXIST && c->opts->force && ends_in_slash(e->dst))
			err = ENOTDIR;
		complain_dst(e, OP_CREATE, err, "cannot create symbolic link %s");
		break;
	case COPYFILE_READ:
		complain_src(e, OP_READ, err, "error reading %s");
		break;
	case COPYFILE_WRITE:
		complain_dst(e, OP_WRITE, err, "error writing %s");
		break;
	case COPYFILE_COMPARE:
		if (err == EBADMSG)
			complain_different(e, info, true);
		else
			complain_dst(e, OP_VERIFY, err, "cannot read %s back");
		break;
	case COPYFILE_FLUSH:
		complain_dst(e, OP_CLOSE, err, "failed to close %s");
		break;
	default:
		if (c->opts->reflink == WHEN_ALWAYS)
			complain_both(e, OP_COPY, err, true, "failed to clone %s from %s");
		else
			complain_both(e, OP_COPY, err, false, "error copying %s to %s");
	}
}
