/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the mode of a directory goes through three stages.
 *
 *	made		no more rights for others than they will keep; see first_mode()
 *	being filled	all rights for its owner, whom the source's mode, the umask or a
 *			default ACL may have denied some; see open_to_owner()
 *	complete	the attributes of the source, as far as they are asked for, and then
 *			what the mode lacks (struct dir_mode); see makedir_complete().
 *			Where entries were left out, the owner keeps all rights.
 *
 * The attributes come last, since every entry that is made changes the times, and since a
 * directory may lose the right to be written to.  chmod(2) is called only where it changes
 * something: some file systems refuse it.
 */
#include <config.h>

#include "walk/makedir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/options.h"
#include "base/relaxed.h"
#include "base/retry.h"
#include "base/stop.h"
#include "copy/attrs.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/dry.h"
#include "copy/durable.h"
#include "copy/entry.h"
#include "copy/unchanged.h"
#include "report/report.h"
#include "same-inode.h"
#include "tree/byfd.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirlist.h"
#include "tree/dirpath.h"

/* System calls that it usually takes to make a directory */
#define CREATE_CALLS 1

/* ------------------------------------------------------------- the making */

/* Returns the mode for mkdir(2), and notes in d which bits it lacks until the end. */
static mode_t first_mode(const struct context *c, struct dir *d)
{
	const struct options *o = c->opts;
	mode_t want = o->default_mode ? 0777 : 0;
	mode_t later = o->attrs & COPYFILE_OWNER ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH;

	/* As with cp a directory of --parents has nothing but 0777 then, ... */
	if (!d->leads || !o->default_mode)
		want |= d->st.st_mode & 01777;
	/* ... and else the rights to write from the start, as a default ACL may need them. */
	if (d->leads && !(o->attrs & COPYFILE_OWNER))
		later = 0;
	/* As with cp a sticky bit is there from the start, whoever owns the copy. */
	if (o->attrs & COPYFILE_MODE)
		return S_IRWXU | (want & S_ISVTX);
	d->mode.add = want & (o->default_mode ? 0777 : later) & ~c->umask;
	/* Below a default ACL, which goes at the end, the kernel would ignore the umask. */
	return want & ~later & (o->default_mode ? ~c->umask : ~(mode_t)0);
}

/*
 * As mkdirat(2), for e.  A directory that is made in one that was there before is noted in
 * created_dirs: it begins a tree that the walk may come to.  Then *ret is its stat; else
 * *ret is zeros.
 */
static int make_noted(struct context *c, const struct entry *e, mode_t mode, struct stat *ret)
{
	int at = dir_dst_fd(e->dir);

	*ret = (struct stat){ .st_mode = 0 };
	if (e->dir->created)
		return RETRY(mkdirat(at, e->dst, mode));
	char *path = dir_dst_path(e->dir, e->dst);
	dirset_begin(&c->created_dirs);
	int r = RETRY(mkdirat(at, e->dst, mode)), err = errno;
	if (r == 0 && (r = RETRY(fstatat(at, e->dst, ret, AT_SYMLINK_NOFOLLOW))) < 0) {
		/* A walker that came into it would not know it, and copy it into itself. */
		err = errno;
		(void)RETRY(unlinkat(at, e->dst, AT_REMOVEDIR));
	}
	dirset_end(&c->created_dirs, r == 0 ? ret : NULL, path);
	free(path);
	errno = err;
	return r;
}

/* Returns true if the owner has all rights in what was made of e with the mode asked. */
static bool is_open_to_owner(const struct context *c, const struct entry *e, mode_t asked,
			     const struct stat *seen)
{
	const struct dir *above = e->dir;

	if (seen->st_mode)
		return (seen->st_mode & S_IRWXU) == S_IRWXU;
	/* It shows if there is a default ACL, which is inherited; but not once it was left. */
	return (dir_is_new(above) || above->fresh) && !above->mode.lacks_owner_rights &&
	       (asked & ~c->umask & S_IRWXU) == S_IRWXU;
}

/*
 * Open what was made of e.  *st is the stat of what was made, or zeros; then that of what
 * was opened, which must be the same inode.  Returns a descriptor, or -1 with errno set.
 */
static int open_made(const struct entry *e, struct stat *st)
{
	const struct stat seen = *st;
	int fd = byfd_open(dir_dst_fd(e->dir), e->dst, S_IFDIR, 0, st);

	if (fd < 0 || !seen.st_mode || SAME_INODE(*st, seen))
		return fd;
	close(fd);
	errno = ESTALE;
	return -1;
}

/*
 * Give the owner of e's destination all rights until it is complete.  asked is the mode that
 * mkdir(2) was given; seen is the destination's stat, or zeros.  Returns false after a
 * failure, which has been reported.
 */
static bool open_to_owner(const struct context *c, const struct entry *e, struct dir *d,
			  mode_t asked, const struct stat *seen)
{
	struct stat st = *seen;

	if (is_open_to_owner(c, e, asked, seen))
		return true;
	int fd = open_made(e, &st);
	if (fd < 0) {
		complain_dst(e, OP_LOOK, errno, "cannot stat %s");
		return false;
	}
	mode_t mode = st.st_mode & 07777;
	d->mode.lacks_owner_rights |= asked & ~c->umask & S_IRWXU & ~mode;
	if (!(c->opts->attrs & COPYFILE_MODE) && !c->opts->default_mode)
		d->mode.drop |= S_IRWXU & ~mode;
	bool ok = (mode & S_IRWXU) == S_IRWXU || byfd_chmod(fd, mode | S_IRWXU) == 0;
	if (!ok)
		complain_dst(e, OP_ATTRIBUTES, errno, "setting permissions for %s");
	close(fd);
	return ok;
}

bool makedir_create(struct context *c, const struct entry *e, struct dir *d,
		    const char *message)
{
	mode_t mode = first_mode(c, d);
	struct copyfile_work work;
	struct stat st;

	if (c->opts->dry_run) {
		d->created = d->absent = dry_can_change(e, OP_MKDIR, message);
		return d->created;
	}
	copyfile_work_begin(&work);
	d->mode.lacks_owner_rights = c->umask & S_IRWXU;
	if (make_noted(c, e, mode, &st) < 0) {
		complain_dst(e, OP_MKDIR, errno, message);
		return false;
	}
	/* In a directory that was there its name may be another one's before it is opened. */
	dir_expect_dst(d, &st);
	if (!open_to_owner(c, e, d, mode, &st))
		return false;
	if (d->mode.lacks_owner_rights)
		relaxed_set(c->closes_dirs, true);
	copyfile_work_end(&work, dir_src_fd(e->dir), dir_dst_fd(e->dir), CREATE_CALLS);
	d->created = true;
	return true;
}

bool makedir_is_ours(struct context *c, const struct entry *e, const struct stat *there)
{
	return there->st_mode && (e->dir->created || dirset_find(&c->created_dirs, there));
}

/* Returns true if the directory there is this user's, who is not root. */
static bool is_bound_by_mode(const struct stat *there)
{
	return there->st_uid == geteuid() && there->st_uid;
}

/*
 * Returns true if what is there, at e's destination, is opened to its owner before anything is
 * made in it.
 */
static bool is_to_be_opened(struct context *c, const struct entry *e, const struct stat *there)
{
	const struct options *o = c->opts;
	bool set_at_end = o->attrs & COPYFILE_MODE;

	/* It may have been completed before, by this run or another one. */
	if (o->files_from)
		return set_at_end || makedir_is_ours(c, e, there);
	return set_at_end && options_compare(o) && is_bound_by_mode(there);
}

void makedir_open_existing(struct context *c, const struct entry *e, struct dir *d,
			   const struct stat *there)
{
	const struct options *o = c->opts;
	mode_t mode = there->st_mode & 07777, lacks = S_IRWXU & ~mode;
	struct stat st = *there;

	if (!lacks || !is_to_be_opened(c, e, there))
		return;
	/* Maybe nothing is made in there, and it can stay as it is. */
	if (o->dry_run || (!o->files_from && lacks == S_IWUSR)) {
		relaxed_set(d->write_protected, is_bound_by_mode(there));
		return;
	}
	int fd = open_made(e, &st);
	if (fd < 0)
		return;
	/* Where this is refused, what cannot be made in there will be reported. */
	if (byfd_chmod(fd, mode | S_IRWXU) == 0) {
		if (o->default_mode)
			d->mode.add |= mode & 0777;
		else if (!(o->attrs & COPYFILE_MODE))
			d->mode.drop |= lacks;
	}
	close(fd);
}

void makedir_take_over(struct context *c, const struct entry *e, struct dir *d,
		       const struct stat *there)
{
	const struct options *o = c->opts;
	mode_t mode = there->st_mode & 07777, asked = first_mode(c, d);
	struct stat st = *there;
	char *path = dir_dst_path(e->dir, e->dst);

	/* A walker that comes into it must know it, as one that this run has made. */
	if (!e->dir->resumed)
		dirset_add(&c->created_dirs, there, path, 0);
	free(path);
	if (!(o->attrs & COPYFILE_MODE) && !o->default_mode)
		d->mode.drop |= S_IRWXU & (c->umask | ~asked);
	int fd = (mode & S_IRWXU) == S_IRWXU ? -1 : open_made(e, &st);
	if (fd < 0)
		return;
	/* Where this is refused, what cannot be made in there will be reported. */
	(void)byfd_chmod(fd, mode | S_IRWXU);
	close(fd);
}

/*
 * Returns true if nothing but copies of d's entries makes regular files in d's destination,
 * and the library makes all of them.  The mode keeps others out (see first_mode()); operands
 * that are merged wait for what came before (see operand.c); and a symlink at the destination
 * might lead another directory here.  The owner must have the right to write.
 */
static bool is_ours_alone(const struct context *c, const struct dir *d)
{
	const struct options *o = c->opts;

	return dir_is_new(d) && !d->absent && !d->leads && !o->contents && !o->attributes_only &&
	       !o->atomic && !o->keep_dir_symlink && !(c->umask & S_IWUSR);
}

void makedir_is_open(const struct context *c, struct dir *d)
{
	const struct dir *above = d->parent;

	if (!is_ours_alone(c, d))
		return;
	/* A directory that was made in another one is on its file system. */
	if (is_ours_alone(c, above) && !above->newdir)
		return;
	/* Without it all is as safe. */
	if (copyfile_newdir_begin(dir_dst_fd(d), above->newdir, &d->newdir) < 0)
		d->newdir = 0;
}

/* ---------------------------------------------------------------- the end */

/*
 * Copy what the options ask for; the times are those from before the walk.  Returns false
 * after a failure, which has been reported.
 */
static bool copy_attributes(const struct context *c, struct dir *d)
{
	const struct options *o = c->opts;
	const struct timespec times[] = { d->st.st_atim, d->st.st_mtim };
	struct copyfile_info info;
	bool trimmed = true;

	if (!dir_pin(d))
		return false;
	/* Maybe nothing was copied into it: it is a file system that is not entered. */
	durable_note(d);
	if (options_compare(o) && !d->created) {
		if (unchanged_dir(o, d)) {
			dir_unpin(d);
			return true;
		}
		trimmed = unchanged_trim_dir(o, d);
	}
	int r = copyfile_attrs_times(dir_src_fd(d), dir_dst_fd(d), attrs_flags(o), times);
	copyfile_info(0, &info, sizeof info);
	char *dst = dir_dst_path(d, "");
	const struct report_about about = { .op = OP_ATTRIBUTES, .dst = dst };
	bool failed = r < 0 || attrs_report(o, &info, &about);
	if (r < 0)
		attrs_error(&about, -r, "setting attributes for %s");
	free(dst);
	dir_unpin(d);
	return trimmed && !failed;
}

/* Give the directory fd the bits that its mode lacks.  Returns 0 or an errno value. */
static int set_mode_of(int fd, const struct options *o, const struct dir_mode *lacks)
{
	mode_t keep = 07777;
	struct stat st;

	if (o->default_mode) {
		/* Its rights must be those of the mode alone, whatever an ACL gave. */
		byfd_drop_acl(fd);
		keep = 07000;
	}
	if (RETRY(fstat(fd, &st)) < 0)
		return errno;
	mode_t mode = ((st.st_mode & keep) | lacks->add) & ~lacks->drop;
	/* There are file systems that refuse what changes nothing, too. */
	return mode != (st.st_mode & 07777) && byfd_chmod(fd, mode) < 0 ? errno : 0;
}

/* Give d the bits that its mode lacks.  Returns false after a failure, reported here. */
static bool complete_mode(const struct context *c, struct dir *d)
{
	if (!dir_pin_dst(d))
		return false;
	int err = set_mode_of(dir_dst_fd(d), c->opts, &d->mode);

	if (err) {
		char *dst = dir_dst_path(d, "");

		attrs_error(&(struct report_about){ .op = OP_ATTRIBUTES, .dst = dst }, err,
			    "setting permissions for %s");
		free(dst);
	}
	dir_unpin(d);
	return !err;
}

static bool lacks_mode(const struct dir *d)
{
	return d->mode.add || d->mode.drop;
}

bool makedir_has_end_work(const struct context *c, const struct dir *d)
{
	return !d->make_failed && !d->stays && !c->opts->dry_run &&
	       (c->opts->attrs || lacks_mode(d));
}

/*
 * The run was stopped, or is out of space, before all was in d: let its owner keep the rights
 * that the next run needs to go on, if d has its mode from this run.
 */
static void stay_open_to_owner(const struct context *c, struct dir *d)
{
	if (!d->created && !d->resumed && !(c->opts->attrs & COPYFILE_MODE))
		return;
	d->mode.add |= S_IRWXU;
	d->mode.drop &= ~S_IRWXU;
}

bool makedir_complete(const struct context *c, struct dir *d, bool clean)
{
	bool ok = true;

	if (d->make_failed || d->stays || c->opts->dry_run)
		return true;
	if (!clean && (stop_asked() || stop_left_out()))
		stay_open_to_owner(c, d);
	if (c->opts->attrs)
		ok = copy_attributes(c, d);
	if (lacks_mode(d))
		ok &= complete_mode(c, d);
	if (!ok)
		dirlist_add_alone(d);
	return ok;
}
