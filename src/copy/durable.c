/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: syncfs(2) writes out all of a file system, in whatever order things were made: data,
 * names, directories above them, attributes.  So one call, after the last copy, makes a whole
 * run durable.  An fsync(2) for each file would have to be followed by one for each directory up
 * to one that was there before, and where files are small takes many times as long.  The price
 * is that what other programs have written is waited for as well.
 *
 * File systems are known by st_dev.  Each is noted, with an open descriptor, before anything is
 * changed on it: syncfs(2) reports failures to write since the descriptor was opened.  Whatever
 * is changed is in a directory that
 *
 * - an operand is copied into: durable_note_parent();
 * - was there before, and is merged into: durable_note();
 * - or was made in one of these, on the same file system.
 *
 * What is overwritten elsewhere, through a symlink or on a mount of its own, is flushed by
 * itself (copy.c).
 *
 * A journal counts, when the machine was started again, only as far as it says that what it tells
 * was on stable storage by then.  So a thread syncs for it as well: with --fsync as often as for
 * those who read, else once a minute, when the kernel has written out most by itself.
 *
 * Who reads of each file (-v, --json-files, --log) does so while the run goes on: a thread syncs
 * when something has waited for some time, and then says it (deferred.c).  The time grows, up
 * to LONGEST, and is never less than the last sync took, so that these do not take more than
 * half of the time.
 */
#include <config.h>

#include "copy/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/language.h"
#include "base/options.h"
#include "base/retry.h"
#include "base/thread.h"
#include "copy/entry.h"
#include "dirname.h"
#include "journal/journal.h"
#include "report/deferred.h"
#include "report/quote.h"
#include "report/report.h"
#include "report/status.h"
#include "tree/dir.h"
#include "tree/dirpath.h"
#include "xalloc.h"

/* How long something waits to be said, or the journal for a sync: at first, and later */
#define SHORTEST (CLOCK_SECOND / 10)
#define LONGEST (5 * CLOCK_SECOND)

/* The number of no file system */
#define NO_DEV ((dev_t)0)

/* A file system of the destination.  The list only grows. */
struct fs {
	struct fs *next;
	dev_t dev;		/* or NO_DEV, which stands for all that could not be looked at */
	int fd;			/* -1: it could not be opened, for this errno value */
	int err;
	char *dir;		/* the full name of a directory on it */
};

/* From one sync for the journal to the next without --fsync */
#define SELDOM (60 * CLOCK_SECOND)

static bool wanted;
static bool flushed_at_end;	/* with --fsync */
static struct fs *_Atomic all;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* of adding to it */

static bool has_thread;
static pthread_t thread;

static bool has_marker;		/* the thread that syncs for the journal */
static pthread_t marker;
static pthread_mutex_t marker_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t marker_wake = PTHREAD_COND_INITIALIZER;
static bool marker_ends;	/* marker_lock's */

/* ------------------------------------------------------------ file systems */

bool durable_covers(dev_t dev)
{
	const struct fs *fs = all;

	while (fs && fs->dev != dev)
		fs = fs->next;
	return fs;
}

/*
 * Note the file system dev, which fd is a directory on; or, if err is not 0, one of which only
 * that errno value is known.  path is the directory's name, and freed.
 */
static void add(dev_t dev, int fd, int err, char *path)
{
	pthread_mutex_lock(&lock);
	if (durable_covers(dev)) {
		free(path);
	} else {
		struct fs *fs = xmalloc(sizeof *fs);
		int open = err ? -1 : RETRY(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));

		*fs = (struct fs){
			.next = all, .dev = dev, .fd = open,
			.err = err ? err : open < 0 ? errno : 0, .dir = path,
		};
		all = fs;
	}
	pthread_mutex_unlock(&lock);
}

/* Returns the full name of name in the destination of d; "." is d itself. */
static char *path_of(const struct dir *d, const char *name)
{
	char *path = dir_dst_path(d, strcmp(name, ".") ? name : "");

	if (*path)
		return path;
	free(path);
	return xstrdup(name);
}

void durable_note(const struct dir *d)
{
	struct stat st;

	if (!wanted || d->created)
		return;
	int err = RETRY(fstat(dir_dst_fd(d), &st)) < 0 ? errno : 0;
	if (err)
		st.st_dev = NO_DEV;
	if (!durable_covers(st.st_dev))
		add(st.st_dev, dir_dst_fd(d), err, path_of(d, "."));
}

void durable_note_parent(const struct entry *e)
{
	struct stat st;

	if (!wanted || e->dir->created)
		return;
	char *name = dir_name(e->dst);
	int fd = entry_open_dst_parent(e);
	int err = fd < 0 || RETRY(fstat(fd, &st)) < 0 ? errno : 0;
	if (err)
		st.st_dev = NO_DEV;
	/* Nothing can be copied into what is missing. */
	if (err != ENOENT && err != ENOTDIR && !durable_covers(st.st_dev))
		add(st.st_dev, fd, err, path_of(e->dir, name));
	if (fd >= 0)
		close(fd);
	free(name);
}

static bool sync_one(struct fs *fs)
{
	int err = fs->fd < 0 ? fs->err : RETRY(syncfs(fs->fd)) < 0 ? errno : 0;

	if (err)
		report_error_about(&(struct report_about){ .op = OP_SYNC, .dst = fs->dir }, err,
				   N_("cannot sync the file system of %s"),
				   quote_always(0, fs->dir));
	return !err;
}

static bool sync_all(void)
{
	bool ok = true;

	for (struct fs *fs = all; fs; fs = fs->next)
		ok &= sync_one(fs);
	return ok;
}

/* ------------------------------------------------------------ now and then */

/* Returns how long to wait after a sync that came after wait, and took so long. */
static int64_t wait_after(int64_t wait, int64_t took)
{
	wait = wait >= SELDOM ? SELDOM : wait * 2 < LONGEST ? wait * 2 : LONGEST;
	return wait > took ? wait : took;
}

static void *sync_now_and_then(void *arg)
{
	int64_t wait = SHORTEST;

	(void)arg;
	while (deferred_wait(wait)) {
		struct deferred *list = deferred_take();
		int64_t begun = clock_now(CLOCK_MONOTONIC);

		deferred_say(list, sync_all());
		wait = wait_after(wait, clock_now(CLOCK_MONOTONIC) - begun);
	}
	return NULL;
}

/* ------------------------------------------------------- for the journal */

/* Wait for so many nanoseconds, or until the run ends.  Returns false in the second case. */
static bool wait_for_mark(int64_t wait)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	int64_t ns = until.tv_nsec + wait;
	until.tv_sec += ns / CLOCK_SECOND;
	until.tv_nsec = ns % CLOCK_SECOND;
	pthread_mutex_lock(&marker_lock);
	while (!marker_ends && r == 0)
		r = pthread_cond_timedwait(&marker_wake, &marker_lock, &until);
	bool go_on = !marker_ends;
	pthread_mutex_unlock(&marker_lock);
	return go_on;
}

static void *mark_now_and_then(void *arg)
{
	int64_t wait = flushed_at_end ? SHORTEST : SELDOM;

	(void)arg;
	while (wait_for_mark(wait)) {
		/* What is recorded while the file systems are synced may come too late for that. */
		const struct journal_place place = journal_end_now();
		int64_t begun = clock_now(CLOCK_MONOTONIC);

		if (sync_all())
			journal_put_durable(place);
		wait = wait_after(wait, clock_now(CLOCK_MONOTONIC) - begun);
	}
	return NULL;
}

static void end_marker(void)
{
	if (!has_marker)
		return;
	pthread_mutex_lock(&marker_lock);
	marker_ends = true;
	pthread_cond_signal(&marker_wake);
	pthread_mutex_unlock(&marker_lock);
	pthread_join(marker, NULL);
}

/* -------------------------------------------------------- begin and end */

void durable_begin(const struct options *o)
{
	wanted = o->fsync || o->journal;
	flushed_at_end = o->fsync;
	has_marker = o->journal && thread_start(&marker, mark_now_and_then, NULL) == 0;
	if (!o->fsync)
		return;
	bool read = o->verbose || o->json_files || o->log;
	deferred_begin(read);
	has_thread = read && thread_start(&thread, sync_now_and_then, NULL) == 0;
	/* Then all that is said waits for the end. */
	if (read && !has_thread)
		deferred_begin(false);
}

/* Sync all, and say what has waited for that. */
static void flush(void)
{
	deferred_end_wait();
	if (has_thread)
		pthread_join(thread, NULL);
	struct deferred *list = deferred_take();
	const struct journal_place place = journal_end_now();
	bool ok = sync_all();
	deferred_end();
	deferred_say(list, ok);
	status_set_synced(ok);
	if (ok)
		journal_put_durable(place);
}

void durable_end(void)
{
	end_marker();
	if (flushed_at_end)
		flush();
	for (struct fs *fs = all, *next; fs; fs = next) {
		next = fs->next;
		if (fs->fd >= 0)
			close(fs->fd);
		free(fs->dir);
		free(fs);
	}
	all = NULL;
}
