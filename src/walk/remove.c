/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the removal of a tree is a walk in which files are unlinked where otherwise they
 * would be copied, and a directory is removed when it is complete.  So it takes as many
 * threads, and no more descriptors, and each call is relative to the descriptor of a directory
 * that no symlink has led to.
 *
 * The first walk only counts (DOOM_COUNT).  In either, an entry stays
 *
 *	if it is excluded, wherever it is;
 *	if it is in a directory that was compared, and the source has it after all: for each
 *	name that is asked anew, since a listing may have been cut short;
 *	if it is a directory on which something is mounted.
 */
#include <config.h>

#include "walk/remove.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/language.h"
#include "base/later.h"
#include "base/mountid.h"
#include "base/options.h"
#include "base/relaxed.h"
#include "base/retry.h"
#include "base/stop.h"
#include "copy/account.h"
#include "copy/complain.h"
#include "copy/context.h"
#include "copy/doomed.h"
#include "copy/entry.h"
#include "copy/outcome.h"
#include "filenamecat.h"
#include "report/verbose.h"
#include "tree/byfd.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"
#include "tree/dirrefs.h"
#include "tree/dirresult.h"
#include "walk/othercase.h"
#include "walk/reader.h"
#include "walk/select.h"

/* tests/mirror builds a pcp that shows what happens without these. */
#ifndef REMOVE_UNASKED
#define REMOVE_UNASKED false
#define REMOVE_ACROSS_MOUNTS false
#endif

/* System calls that it takes to remove a file */
#define REMOVE_CALLS 1

/*
 * Returns the full name of name in d's destination, as it was before this run: what was set
 * aside is known by the name that it had, and so is what is in there.  On the heap.
 */
static char *old_path(struct context *c, enum dir_doom doom, const struct dir *d,
		      const char *name)
{
	const struct dir *top = d;

	if (!d->doom)
		return dir_dst_path(d, doom & DOOM_REPLACED ?
				       doomed_original(&c->doomed, name) : name);
	while (top->doom)
		top = top->parent;
	/* On the source's side what is doomed has the old names. */
	char *all = dir_src_path(d, name), *above = dir_src_path(top, "");
	char *begin = dir_dst_path(top, "");
	char *path = file_name_concat(begin, all + strlen(above), NULL);
	free(begin);
	free(above);
	free(all);
	return path;
}

/* ------------------------------------------------------------ what stays */

static bool is_excluded(const struct options *o, const struct dir *d, const char *name)
{
	if (!o->exclude || o->delete_excluded)
		return false;
	char *path = dir_src_path(d, name);
	bool excluded = select_excludes(o, path);
	if (excluded && o->explain) {
		char *dst = dir_dst_path(d, name);

		select_explain(o, N_("keep %s: %s\n"), dst, path, NULL);
		free(dst);
	}
	free(path);
	return excluded;
}

/* Returns true if d's source has no name; else it stays, and what was wrong is reported. */
static bool is_extra(struct dir *d, const char *name)
{
	const struct entry e = { .dir = d, .src = name, .dst = name };
	struct stat st;

	/* In a directory that is doomed itself there is no source to ask for. */
	if (d->doom || REMOVE_UNASKED)
		return true;
	if (entry_stat_src(&e, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return false;
	if (errno == ENOENT)
		return !othercase_is_source(d, name);
	complain_src(&e, OP_LOOK, errno, "cannot stat %s");
	dir_mark_unfinished(d);
	return false;
}

/* Returns true if name in d stays; then so does d, if that is doomed. */
static bool stays(struct context *c, enum dir_doom doom, struct dir *d, const char *name)
{
	/* What was set aside has a name that no source has, and another one in a dry run. */
	bool known = doom & DOOM_REPLACED;

	if (stop_asked()) {
		stop_leave_out();
		dir_mark_unfinished(d);
	} else if (!is_excluded(c->opts, d, name) && (known || is_extra(d, name))) {
		return false;
	}
	if (d->doom)
		dir_mark_unread(d);
	return true;
}

/* -------------------------------------------------------------- removing */

/*
 * Removing something in d has failed with errno.  Returns true if it is worth another try, as
 * d's owner has now the right to write to it.
 */
static bool open_to_owner(const struct dir *d)
{
	int fd = dir_dst_fd(d), err = errno;
	struct stat st;

	/* What stays keeps its mode. */
	if (err != EACCES || !d->doom)
		return false;
	bool again = RETRY(fstat(fd, &st)) == 0 && (st.st_mode & S_IRWXU) != S_IRWXU &&
		     byfd_chmod(fd, (st.st_mode & 07777) | S_IRWXU) == 0;
	errno = err;
	return again;
}

/* As unlinkat(2), for name in d's destination. */
static int unlink_in(struct dir *d, const char *name, int flags)
{
	if (!d->doom)
		dir_let_owner_write(d);
	int r = RETRY(unlinkat(dir_dst_fd(d), name, flags));
	if (r < 0 && open_to_owner(d))
		r = RETRY(unlinkat(dir_dst_fd(d), name, flags));
	return r;
}

static void remove_name(struct context *c, enum dir_doom doom, struct dir *d, const char *name,
			mode_t type)
{
	const struct entry e = { .dir = d, .src = name, .dst = name, .type = type };

	if (c->opts->journal)
		account_removal(&e);
	if (c->opts->dry_run || unlink_in(d, name, S_ISDIR(type) ? AT_REMOVEDIR : 0) == 0) {
		char *path = outcome_is_told(c->opts) ? old_path(c, doom, d, name) : NULL;

		if (c->opts->explain)
			verbose_explained(N_("remove %s: %s\n"), path, doom & DOOM_REPLACED ?
					  N_("it is in the way of another kind") :
					  N_("the source has no such thing"));
		outcome_removed(c->opts, path, type, doom & DOOM_REPLACED);
		free(path);
	} else if (errno != ENOENT) {
		complain_dst(&e, OP_REMOVE, errno, "cannot remove %s");
		dir_mark_unfinished(d);
	}
}

bool remove_unless_dir(struct context *c, enum dir_doom doom, struct dir *d, const char *name,
		       mode_t type)
{
	const struct entry e = { .dir = d, .src = name, .dst = name };
	struct copyfile_work work;
	struct stat st;

	if (S_ISDIR(type))
		return true;
	if (!type && entry_stat_dst(&e, &st, AT_SYMLINK_NOFOLLOW) == 0)
		type = st.st_mode & S_IFMT;
	if (S_ISDIR(type))
		return true;
	if (stays(c, doom, d, name))
		return false;
	if (doom & DOOM_COUNT) {
		relaxed_add(c->doomed.below, 1);
		return false;
	}
	copyfile_work_begin(&work);
	remove_name(c, doom, d, name, type);
	copyfile_work_end(&work, dir_dst_fd(d), dir_dst_fd(d), REMOVE_CALLS);
	return false;
}

/* ----------------------------------------------------------- directories */

struct dir *remove_enter(struct context *c, enum dir_doom doom, struct dir *parent,
			 const char *name)
{
	const struct stat unknown = { .st_mode = 0 };

	if (stays(c, doom, parent, name))
		return NULL;
	if (doom & DOOM_COUNT)
		relaxed_add(c->doomed.below, 1);
	const char *old = doom & DOOM_REPLACED && !parent->doom ?
			  doomed_original(&c->doomed, name) : name;
	struct dir *d = dir_new(parent, old, name, &unknown);
	d->doom = doom;
	return d;
}

/* Returns true if this user may not read or search the directory fd. */
static bool lacks_rights(int fd)
{
	struct stat st;

	return geteuid() != 0 && RETRY(fstat(fd, &st)) == 0 &&
	       (st.st_mode & (S_IRUSR | S_IXUSR)) != (S_IRUSR | S_IXUSR);
}

static void report_unread(struct dir *d, int err)
{
	complain_dst(&(struct entry){ .dir = d, .src = "", .dst = "" }, OP_READ, err,
		     N_("cannot read directory %s"));
	dir_mark_unfinished(d);
}

/* Returns a descriptor for reading d's destination, maybe its own; or -1 if d stays. */
static int open_doomed(const struct context *c, struct dir *d)
{
	const struct entry itself = { .dir = d, .src = "", .dst = "" };
	const bool quiet = d->doom & DOOM_COUNT;
	int fd = dir_dst_fd(d);

	if (!dir_pin_dst(d->parent))
		return -1;
	bool same = mountid_same(dir_dst_fd(d->parent), fd) || REMOVE_ACROSS_MOUNTS;
	dir_unpin(d->parent);
	if (!same) {
		if (!quiet)
			complain_dst(&itself, OP_REMOVE, 0, "not removing %s: another file "
				     "system may be mounted there");
		dir_mark_unfinished(d);
		return -1;
	}
	/* As root no rights are needed.  What is only counted is not changed for it. */
	if (lacks_rights(fd)) {
		if (quiet || c->opts->dry_run)
			return -1;
		errno = EACCES;
		(void)open_to_owner(d);
	}
	/* One that might only be searched is open for no more. */
	if (!(fcntl(fd, F_GETFL) & O_PATH))
		return fd;
	fd = RETRY(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (fd < 0 && !quiet)
		report_unread(d, errno);
	return fd;
}

void remove_read(const struct context *c, struct dir *d, struct later *names)
{
	struct reader_name name;
	struct reader reader;
	int r, fd = open_doomed(c, d);

	if (fd < 0)
		return;
	reader_begin(&reader, fd);
	while ((r = reader_next(&reader, &name)) > 0)
		later_add(names, name.name, name.type, name.ino);
	reader_end(&reader);
	if (fd != dir_dst_fd(d))
		close(fd);
	if (r < 0)
		report_unread(d, -r);
}

bool remove_complete(struct context *c, struct dir *d, bool clean)
{
	struct dir *parent = d->parent;

	if (d->doom & DOOM_COUNT || !clean || !dir_pin_dst(parent))
		return clean;
	remove_name(c, d->doom, parent, d->name[DIR_DST], S_IFDIR);
	dir_unpin(parent);
	return true;
}
