/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: contents first, then attributes.
 *
 *	regular file	the size, and the time of modification; or, with --update=checksum, the
 *			bytes of both, which are read side by side
 *	symlink		where it leads
 *	device		its number
 *	FIFO, socket	nothing
 *
 * File systems keep times in coarser units than they are given, so a copy's time may be that
 * of the source, cut: see unchanged_time().
 *
 * Of the attributes those are compared that the options carry over, and that this user may
 * set: nobody but root gives files away, and then set-ID bits are not copied either.  The
 * time of the last access is not compared, since looking at a file changes it.
 *
 * An inode that has more names in the destination than in the source is not put right, but
 * copied anew: its other names may be those of other sources, or of a snapshot.
 */
#include <config.h>

#include "copy/unchanged.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/language.h"
#include "base/options.h"
#include "base/readall.h"
#include "base/retry.h"
#include "base/stop.h"
#include "base/symlink.h"
#include "copy/attrs.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "copy/outcome.h"
#include "report/quote.h"
#include "report/report.h"
#include "same-inode.h"
#include "tree/byfd.h"
#include "tree/dir.h"
#include "tree/dirpath.h"
#include "tree/xattrs.h"
#include "xalloc.h"

/* ----------------------------------------------------------------- times */

/* Nanoseconds in the units in which file systems keep times: 1, SMB's, 1 us, 1 ms, FAT's, 1 s */
static const long units[] = { 1, 100, 1000, 1000000, 10000000, 1000000000 };

/* FAT's times of modification are even. */
#define FAT_SECONDS 2

bool unchanged_time(struct timespec src, struct timespec dst)
{
	if (src.tv_sec == dst.tv_sec)
		for (size_t i = 0; i < sizeof units / sizeof *units; i++)
			if (dst.tv_nsec == src.tv_nsec - src.tv_nsec % units[i])
				return true;
	return !dst.tv_nsec && dst.tv_sec % FAT_SECONDS == 0 && src.tv_sec == dst.tv_sec + 1;
}

/* -------------------------------------------------------------- contents */

/* Bytes of each file that are compared at a time */
#define BLOCK (256 * 1024)

/* System calls that it takes to read one of each */
#define BLOCK_CALLS 2

/* Returns true if both have the same bytes.  What cannot be read is for the copy to report. */
static bool same_bytes(int src, int dst)
{
	char *x = xmalloc(BLOCK), *y = xmalloc(BLOCK);
	ssize_t n, m;

	do {
		n = stop_asked() ? -1 : readall(src, x, BLOCK);
		m = readall(dst, y, BLOCK);
		copyfile_limit_take((n > 0 ? n : 0) + (m > 0 ? m : 0), BLOCK_CALLS);
	} while (n > 0 && n == m && !memcmp(x, y, n));
	free(x);
	free(y);
	return n == 0 && m == 0;
}

static int open_file(int dir, const char *name, bool follow)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

	return RETRY(openat(dir, name, flags | (follow ? 0 : O_NOFOLLOW)));
}

static bool same_files(const struct options *o, const struct entry *e)
{
	int src = open_file(dir_src_fd(e->dir), e->src, options_follows(o, e->operand));
	int dst = src < 0 ? -1 : open_file(dir_dst_fd(e->dir), e->dst, false);
	bool same = dst >= 0 && same_bytes(src, dst);

	if (src >= 0)
		close(src);
	if (dst >= 0)
		close(dst);
	return same;
}

/* Returns true if dst has the contents of src; *ret_why says in which respect it has, or not. */
static bool same_contents(const struct options *o, const struct entry *e, const struct stat *src,
			  const struct stat *dst, const char **ret_why)
{
	bool by_bytes = o->update == UPDATE_CHECKSUM, same = true;

	*ret_why = N_("it is of another kind");
	if ((src->st_mode ^ dst->st_mode) & S_IFMT)
		return false;
	switch (src->st_mode & S_IFMT) {
	case S_IFREG:
		*ret_why = N_("it has another size");
		if (src->st_size != dst->st_size)
			return false;
		same = by_bytes ? same_files(o, e) : unchanged_time(src->st_mtim, dst->st_mtim);
		if (by_bytes)
			*ret_why = same ? N_("its bytes are the same") : N_("its bytes differ");
		else
			*ret_why = same ? N_("its size and time are the same") :
					  N_("it has another time");
		return same;
	case S_IFLNK:
		same = symlink_same(dir_src_fd(e->dir), e->src, dir_dst_fd(e->dir), e->dst);
		*ret_why = same ? N_("it leads to the same") : N_("it leads to something else");
		return same;
	case S_IFCHR:
	case S_IFBLK:
		same = src->st_rdev == dst->st_rdev;
		*ret_why = same ? N_("it is the same device") : N_("it is another device");
		return same;
	default:
		*ret_why = N_("it is of the same kind");
		return true;
	}
}

/* ------------------------------------------------------------ attributes */

/*
 * Returns NULL if dst has the attributes of src that stat(2) shows, as far as is possible; or what
 * differs, in words.
 */
static const char *other_stat(const struct options *o, const struct stat *src,
			      const struct stat *dst)
{
	bool owner = src->st_uid == dst->st_uid, group = src->st_gid == dst->st_gid;

	if (o->attrs & COPYFILE_OWNER && !(owner && group)) {
		bool root = geteuid() == 0;

		if (!owner && root)
			return N_("it has another owner");
		if (!group && (root || group_member(src->st_gid)))
			return N_("it has another group");
	}
	if (o->attrs & COPYFILE_TIMES && !unchanged_time(src->st_mtim, dst->st_mtim))
		return N_("it has another time");
	/* The library gives set-ID bits only to who owns the source. */
	bool ours = !(o->attrs & COPYFILE_OWNER) || (owner && group);
	mode_t bits = ours ? 07777 : 0777;
	if (o->attrs & COPYFILE_MODE && !S_ISLNK(src->st_mode) &&
	    (src->st_mode & bits) != (dst->st_mode & 07777))
		return N_("it has another mode");
	return NULL;
}

static struct xattrs_kinds kinds_of(const struct options *o)
{
	return (struct xattrs_kinds){
		.acl = o->attrs & COPYFILE_ACL, .plain = o->attrs & COPYFILE_XATTR,
	};
}

/* Set *ret_src and *ret_dst to the two files of e. */
static void files_of(const struct options *o, const struct entry *e, struct xattrs_file *ret_src,
		     struct xattrs_file *ret_dst)
{
	*ret_src = (struct xattrs_file){
		dir_src_fd(e->dir), e->src, options_follows(o, e->operand),
	};
	*ret_dst = (struct xattrs_file){ dir_dst_fd(e->dir), e->dst, false };
}

/* As other_stat(), of all attributes */
static const char *other_attributes(const struct options *o, const struct entry *e,
				    const struct stat *src, const struct stat *dst)
{
	const char *other = other_stat(o, src, dst);
	struct xattrs_file from, to;

	if (other)
		return other;
	files_of(o, e, &from, &to);
	return xattrs_same(&from, &to, kinds_of(o)) ? NULL :
		N_("it has another ACL, or other extended attributes");
}

enum unchanged unchanged_look(const struct options *o, const struct entry *e,
			      const struct stat *src, const struct stat *dst,
			      const char **ret_why)
{
	if (!same_contents(o, e, src, dst, ret_why))
		return UNCHANGED_NOT;
	const char *other = other_attributes(o, e, src, dst);
	if (!other)
		return UNCHANGED_ALL;
	*ret_why = other;
	return o->keep_links && dst->st_nlink > src->st_nlink ? UNCHANGED_NOT :
		UNCHANGED_CONTENTS;
}

/* ------------------------------------------------------- putting them right */

/* Report that an attribute of the destination could not be removed; err is an errno value. */
static void report_untrimmed(char *dst, uint64_t id, int err)
{
	attrs_error(&(struct report_about){ .op = OP_ATTRIBUTES, .dst = dst, .id = id }, err,
		    N_("removing attributes of %s"));
	free(dst);
}

/* Remove what e's destination has and its source lacks.  Failures are reported. */
static void trim(const struct options *o, const struct entry *e)
{
	struct xattrs_file from, to;

	if (!(o->attrs & COPYFILE_XATTR))
		return;
	files_of(o, e, &from, &to);
	int err = xattrs_trim(&from, &to);
	/* A source that cannot be looked at is for what follows to report. */
	if (!err || err == ENOENT)
		return;
	report_untrimmed(dir_dst_path(e->dir, e->dst), e->id, err);
	outcome_lacking(e);
}

/* Let the owner write to fd, whose stat is st: else attributes of users cannot be removed. */
static void make_writable(int fd, const struct stat *st)
{
	if (S_ISREG(st->st_mode) && !(st->st_mode & S_IWUSR) && geteuid() != 0)
		(void)byfd_chmod(fd, (st->st_mode & 07777) | S_IWUSR);
}

void unchanged_put_right(struct context *c, const struct entry *e, const struct stat *dst)
{
	const struct options *o = c->opts;
	int follow = options_follows(o, e->operand) ? 0 : AT_SYMLINK_NOFOLLOW;
	struct stat src, found;
	int fd;

	if (o->dry_run)
		return;
	fd = RETRY(openat(dir_dst_fd(e->dir), e->dst, O_PATH | O_NOFOLLOW | O_CLOEXEC));
	if (fd < 0 || RETRY(fstat(fd, &found)) < 0 || entry_stat_src(e, &src, follow) < 0) {
		complain_dst(e, OP_ATTRIBUTES, errno, "setting attributes for %s");
		outcome_lacking(e);
	} else if (!SAME_INODE(found, *dst)) {
		complain_dst(e, OP_ATTRIBUTES, ESTALE, "setting attributes for %s");
		outcome_lacking(e);
	} else {
		if (o->attrs & COPYFILE_XATTR && o->attrs & COPYFILE_MODE)
			make_writable(fd, &found);
		trim(o, e);
		attrs_result(c, e, attrs_carry_over(o, e, &src, fd));
	}
	if (fd >= 0)
		close(fd);
}

/* ----------------------------------------------------------- directories */

static void sides_of(const struct dir *d, struct xattrs_file *ret_src,
		     struct xattrs_file *ret_dst)
{
	*ret_src = (struct xattrs_file){ dir_src_fd(d), "", false };
	*ret_dst = (struct xattrs_file){ dir_dst_fd(d), "", false };
}

bool unchanged_dir(const struct options *o, const struct dir *d)
{
	struct xattrs_file from, to;
	struct stat dst;

	sides_of(d, &from, &to);
	return RETRY(fstat(dir_dst_fd(d), &dst)) == 0 && !other_stat(o, &d->st, &dst) &&
	       xattrs_same(&from, &to, kinds_of(o));
}

bool unchanged_trim_dir(const struct options *o, const struct dir *d)
{
	struct xattrs_file from, to;

	if (!(o->attrs & COPYFILE_XATTR))
		return true;
	sides_of(d, &from, &to);
	int err = xattrs_trim(&from, &to);
	if (err)
		report_untrimmed(dir_dst_path(d, ""), 0, err);
	return !err;
}
