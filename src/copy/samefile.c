/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the cases are cp's, in cp's order.  Two names of one inode do no harm where the
 * one that is replaced goes away first (--remove-destination), where it becomes a backup
 * under another name, or where symlinks are copied as such.
 */
#include <config.h>

#include "copy/samefile.h"

#include <errno.h>
#include <fcntl.h>

#include "base/names.h"
#include "base/options.h"
#include "copy/entry.h"
#include "same-inode.h"
#include "tree/dir.h"

/*
 * Returns yes if source and destination are the same name in the same directory, no if they are
 * not, or SAMEFILE_UNKNOWN.
 */
static enum samefile if_one_name(const struct entry *e, enum samefile yes, enum samefile no)
{
	int one = names_same(dir_src_fd(e->dir), e->src, dir_dst_fd(e->dir), e->dst, 0);

	return one < 0 ? SAMEFILE_UNKNOWN : one ? yes : no;
}

/* Returns SAMEFILE_ERROR if both names, one of which is a symlink, lead to one inode. */
static enum samefile check_ends(const struct entry *e)
{
	struct stat src, dst;

	if (entry_stat_src(e, &src, 0) < 0 || entry_stat_dst(e, &dst, 0) < 0)
		return names_lead_nowhere(errno) ? SAMEFILE_NO : SAMEFILE_UNKNOWN;
	return SAME_INODE(src, dst) ? SAMEFILE_ERROR : SAMEFILE_NO;
}

/* As samefile_check(), if src and dst are the stats of the names themselves, not followed. */
static enum samefile check_unfollowed(const struct options *o, const struct entry *e,
				      const struct stat *src, const struct stat *dst)
{
	bool one_inode = SAME_INODE(*src, *dst);
	enum samefile same = SAMEFILE_ERROR;

	/* What becomes a backup is not lost, but the source must not be moved away. */
	if (o->backup != no_backups && one_inode)
		return if_one_name(e, SAMEFILE_ERROR, SAMEFILE_NO);
	if (o->backup != no_backups)
		return options_follows(o, e->operand) && S_ISLNK(src->st_mode) &&
		       !S_ISLNK(dst->st_mode) ? SAMEFILE_ERROR : SAMEFILE_NO;
	if (S_ISLNK(dst->st_mode) && (o->remove_first || options_replace(o, e->type)))
		return SAMEFILE_NO;
	if (o->remove_first && one_inode && dst->st_nlink > 1)
		same = if_one_name(e, SAMEFILE_ERROR, SAMEFILE_NO);
	if (same != SAMEFILE_ERROR)
		return same;
	if (!S_ISLNK(src->st_mode) && !S_ISLNK(dst->st_mode)) {
		if (!one_inode)
			return SAMEFILE_NO;
		if (o->hard_link)
			return SAMEFILE_DONE;
	}
	if (o->symlink && S_ISLNK(dst->st_mode))
		return SAMEFILE_NO;
	if (!options_follows(o, e->operand)) {
		if (!one_inode && (same = check_ends(e)) != SAMEFILE_ERROR)
			return same;
		if (o->hard_link)
			return S_ISLNK(dst->st_mode) ? SAMEFILE_NO : SAMEFILE_DONE;
	}
	return SAMEFILE_ERROR;
}

enum samefile samefile_check(const struct options *o, const struct entry *e,
			     const struct stat *src, const struct stat *dst)
{
	bool same = SAME_INODE(*src, *dst);
	struct stat own_src, own_dst;

	if (same && o->hard_link)
		return SAMEFILE_DONE;
	if (!options_follows(o, e->operand) && S_ISLNK(src->st_mode) && S_ISLNK(dst->st_mode)) {
		/* Two names of one symlink need no copy. */
		return if_one_name(e, SAMEFILE_ERROR, same && o->backup == no_backups ?
				   SAMEFILE_DONE : SAMEFILE_NO);
	}
	if (!options_follows(o, e->operand))
		return check_unfollowed(o, e, src, dst);
	if (!same)
		return SAMEFILE_NO;
	if (entry_stat_dst(e, &own_dst, AT_SYMLINK_NOFOLLOW) < 0 ||
	    entry_stat_src(e, &own_src, AT_SYMLINK_NOFOLLOW) < 0)
		return SAMEFILE_UNKNOWN;
	if (o->remove_first && S_ISLNK(own_src.st_mode) && S_ISLNK(own_dst.st_mode))
		return SAMEFILE_NO;
	return check_unfollowed(o, e, &own_src, &own_dst);
}
