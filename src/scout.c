/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: one thread with an fts stream for each operand, by the rules of walk.c, that
 * adds up sizes and makes nothing.  The copying does not wait for it.  It warms the cache
 * where the disk is slow; where the processor is what there is too little of, it has
 * to stand back: so it runs with the least priority that the scheduler has (nice is a
 * thread's own on Linux), and only once a run has lasted for a while.
 * No lock is shared with those who copy, lest it hold one when it is not its turn.
 *
 * What it cannot read it leaves out: the walk will come to it, and say so.
 *
 * An inode whose names will all be links to one copy has its bytes counted once.
 */
#include <config.h>

#include "scout.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "di-set.h"
#include "fts_.h"
#include "options.h"
#include "xalloc.h"

/* Lowest of all */
#define NICE 19

/* How long its end is awaited, in nanoseconds */
#define PATIENCE_NS 20000000

static struct {
	const struct options *opts;
	char *const *sources;
	int n;
	pthread_t thread;
	bool running;			/* main's */
	atomic_bool stop, done;
	_Atomic uint64_t files, bytes;
	struct di_set *seen;		/* inodes with several names, if those are kept */
} scout;

static void add(_Atomic uint64_t *sum, uint64_t n)
{
	/* Nobody else writes them. */
	atomic_store_explicit(sum, *sum + n, memory_order_relaxed);
}

/* Is st, of several names, to be counted now, and not with another of them? */
static bool first_name(const struct stat *st)
{
	if (!scout.opts->keep_links || st->st_nlink < 2)
		return true;
	if (!scout.seen)
		scout.seen = di_set_alloc();
	if (!scout.seen)
		xalloc_die();
	return di_set_insert(scout.seen, st->st_dev, st->st_ino) > 0;
}

static void count_file(const struct stat *st)
{
	const struct options *o = scout.opts;

	if (!S_ISREG(st->st_mode))
		return;
	add(&scout.files, 1);
	if (!o->hard_link && !o->symlink && !o->attributes_only && first_name(st))
		add(&scout.bytes, st->st_size);
}

/* A file that fts has not looked at: it would look at all of a directory in one go. */
static void look_and_count(FTS *fts, const FTSENT *ent)
{
	struct stat st;

	if (S_ISREG(ent->fts_statp->st_mode) &&
	    fstatat(fts->fts_cwd_fd, ent->fts_accpath, &st, AT_SYMLINK_NOFOLLOW) == 0)
		count_file(&st);
}

/* Is the directory ent not to be entered? */
static bool stays_out(const FTSENT *ent, dev_t dev)
{
	const struct options *o = scout.opts;

	return !o->recursive || (o->one_file_system && ent->fts_statp->st_dev != dev);
}

static void count_tree(FTS *fts)
{
	FTSENT *ent;
	dev_t dev = 0;

	while (!scout.stop && (ent = fts_read(fts))) {
		if (ent->fts_level == FTS_ROOTLEVEL && ent->fts_info != FTS_DP)
			dev = ent->fts_statp->st_dev;
		switch (ent->fts_info) {
		case FTS_D:
			if (stays_out(ent, dev))
				fts_set(fts, ent, FTS_SKIP);
			break;
		case FTS_F:
			count_file(ent->fts_statp);
			break;
		case FTS_NSOK:
			look_and_count(fts, ent);
			break;
		}
	}
}

static void *scout_main(void *arg)
{
	const struct options *o = scout.opts;
	int options = o->follow == FOLLOW_ALWAYS   ? FTS_CWDFD | FTS_LOGICAL :
		      o->follow == FOLLOW_OPERANDS ? FTS_CWDFD | FTS_PHYSICAL | FTS_NOSTAT |
							    FTS_COMFOLLOW :
						     FTS_CWDFD | FTS_PHYSICAL | FTS_NOSTAT;

	(void)arg;
	setpriority(PRIO_PROCESS, gettid(), NICE);
	for (int i = 0; i < scout.n && !scout.stop; i++) {
		char *const roots[] = { scout.sources[i], NULL };
		FTS *fts = fts_open(roots, options, NULL);

		if (!fts)
			continue;
		count_tree(fts);
		/* What it could not read, the walk will. */
		(void)!fts_close(fts);
	}
	if (!scout.stop)
		scout.done = true;
	return NULL;
}

void scout_begin(const struct options *opts, char *const *sources, int n)
{
	sigset_t all, old;

	scout.opts = opts;
	scout.sources = sources;
	scout.n = n;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	scout.running = pthread_create(&scout.thread, NULL, scout_main, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void scout_end(void)
{
	if (!scout.running)
		return;
	scout.stop = true;
	scout.running = false;
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += PATIENCE_NS;
	end.tv_sec += end.tv_nsec / CLOCK_SECOND;
	end.tv_nsec %= CLOCK_SECOND;
	if (pthread_timedjoin_np(scout.thread, NULL, &end) != 0) {
		/* It waits for a server.  The process ends now, and it with that. */
		pthread_detach(scout.thread);
		return;
	}
	if (scout.seen)
		di_set_free(scout.seen);
}

bool scout_totals(uint64_t *ret_files, uint64_t *ret_bytes)
{
	bool done = scout.done;

	*ret_files = scout.files;
	*ret_bytes = scout.bytes;
	return done;
}
