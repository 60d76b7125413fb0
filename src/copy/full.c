/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: not the destination is full but a file system, known by st_dev: others may be
 * mounted below it.  Not a file system is read-only but a mount: the same file system may be
 * writable elsewhere.  Not every system has a number for a mount.  So the file system is
 * noted, and each mount of it is asked whether it is read-only (ST_RDONLY).
 *
 * A new file is made in its directory's file system.  One that is overwritten may be on
 * another, by way of a symlink or as a mount of its own, and then its failure says nothing
 * of its neighbours.
 *
 * The set is a list that only grows, with a lock for adding to it.  While it is empty, as in
 * almost every run, a look at it is one load.  With --retry what is left out is kept, and
 * between two rounds, when no other thread looks, the list is forgotten: there may be room.
 */
#include <config.h>

#include "copy/full.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/options.h"
#include "base/retry.h"
#include "base/stop.h"
#include "copy/again.h"
#include "copy/context.h"
#include "copy/entry.h"
#include "copy/outcome.h"
#include "dirname.h"
#include "progname.h"
#include "tree/dir.h"
#include "tree/dirpath.h"
#include "xalloc.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct full *_Atomic all;

static bool is_full(int err)
{
	return err == ENOSPC || err == EDQUOT || err == EROFS;
}

const struct full *full_first(void)
{
	return all;
}

/* Where something is, or would be made */
struct place {
	dev_t dev;
	bool read_only;
};

/* Find out where fd is, and close it.  Returns false if that cannot be told. */
static bool place_of_fd(int fd, struct place *ret)
{
	struct statvfs fs;
	struct stat st;
	bool known = fd >= 0 && RETRY(fstat(fd, &st)) == 0;

	if (known) {
		ret->dev = st.st_dev;
		ret->read_only = RETRY(fstatvfs(fd, &fs)) == 0 && fs.f_flag & ST_RDONLY;
	}
	if (fd >= 0)
		close(fd);
	return known;
}

/* Find out where e's destination is made.  Returns false if that cannot be told. */
static bool place_of_dir(const struct entry *e, struct place *ret)
{
	return place_of_fd(entry_open_dst_parent(e), ret);
}

static struct full *find(const struct place *place)
{
	struct full *f = all;

	while (f && (f->dev != place->dev || (f->read_only && !place->read_only)))
		f = f->next;
	return f;
}

/* Note that place is full, as e has shown with err.  Returns true if that was not known yet. */
static bool note(const struct entry *e, const struct place *place, int err)
{
	pthread_mutex_lock(&lock);
	bool new = !find(place);
	if (new) {
		struct full *f = xmalloc(sizeof *f);
		char *path = dir_dst_path(e->dir, e->dst);

		*f = (struct full){
			.next = all, .dev = place->dev, .read_only = place->read_only,
			.passes = again_passes(err), .dir = dir_name(path),
		};
		all = f;
		free(path);
	}
	pthread_mutex_unlock(&lock);
	return new;
}

/*
 * Note that something is left out at place, or has failed without a message: the end will
 * tell.  Returns false if place is not full.
 */
static bool leave_out(const struct place *place)
{
	struct full *f = find(place);

	if (!f)
		return false;
	f->left_out = true;
	stop_leave_out();
	return true;
}

/* Leave e out if place is full.  Returns true if it is; then e may be tried again. */
static bool leave_out_entry(const struct entry *e, const struct place *place)
{
	const struct full *f = find(place);

	return (f && f->passes && again_keep_left_out(e)) || leave_out(place);
}

bool full_met(const struct entry *e, enum report_op op, int err)
{
	struct place dir;
	struct stat own;

	/* Under the name of cp the run goes on, as scripts expect. */
	if (!is_full(err) || !strcmp(program_name, "cp") || !place_of_dir(e, &dir))
		return false;
	bool there = entry_stat_dst(e, &own, 0) == 0;
	if (there && (own.st_dev != dir.dev || (err == EROFS && !dir.read_only)))
		return false;
	if (err != EROFS)
		dir.read_only = false;
	return !note(e, &dir, err) && (again_takes(e, op, err) || leave_out(&dir));
}

void full_forget(void)
{
	for (struct full *f = all, *next; f; f = next) {
		next = f->next;
		free(f->dir);
		free(f);
	}
	all = NULL;
}

/* Returns true if an existing file at e's destination would be written to, not replaced. */
static bool in_place(const struct options *o, const struct entry *e)
{
	return S_ISREG(e->type) && !o->symlink && !o->hard_link && !o->remove_first &&
	       !options_replace(o, e->type) && o->backup == no_backups;
}

bool full_bars(const struct context *c, const struct entry *e)
{
	struct place place;

	if (!all)
		return false;
	bool known = in_place(c->opts, e) &&
		     place_of_fd(RETRY(openat(dir_dst_fd(e->dir), e->dst, O_PATH | O_CLOEXEC)),
				 &place);
	if (!(known || place_of_dir(e, &place)) || !leave_out_entry(e, &place))
		return false;
	outcome_untried(e);
	return true;
}

bool full_bars_dir(const struct entry *e)
{
	struct place place;
	struct stat st;

	if (!all || (entry_stat_dst(e, &st, 0) == 0 && S_ISDIR(st.st_mode)))
		return false;
	return place_of_dir(e, &place) && leave_out_entry(e, &place);
}

bool full_explains(const char *path, int err)
{
	struct place place;

	return all && is_full(err) && place_of_fd(RETRY(open(path, O_PATH | O_CLOEXEC)), &place) &&
	       find(&place);
}
