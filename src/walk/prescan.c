/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: one thread that goes through each operand as walk.c does, adds up sizes and
 * makes nothing.  The copying does not wait for it.  It warms the cache
 * where the disk is slow; where the processor is what there is too little of, it has
 * to stand back: so it runs with the least priority that the scheduler has (nice is a
 * thread's own on Linux), and only once a run has lasted for a while.
 * No lock is shared with those who copy, lest it hold one when it is not its turn.
 *
 * It has one directory open at a time, so it names them by their paths.  What it cannot
 * open or read, and what is deeper than a path can be long, it leaves out: the walk will
 * come to it, and say so.
 *
 * An inode whose names will all be links to one copy has its bytes counted once.
 */
#include <config.h>

#include "walk/prescan.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/options.h"
#include "base/retry.h"
#include "base/tally.h"
#include "di-set.h"
#include "walk/later.h"
#include "walk/reader.h"
#include "walk/select.h"
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
} prescan;

static void add(_Atomic uint64_t *sum, uint64_t n)
{
	/* Nobody else writes them. */
	atomic_store_explicit(sum, tally_plus(*sum, n), memory_order_relaxed);
}

/* Is st, of several names, to be counted now, and not with another of them? */
static bool first_name(const struct stat *st)
{
	if (!prescan.opts->keep_links || st->st_nlink < 2)
		return true;
	if (!prescan.seen)
		prescan.seen = di_set_alloc();
	if (!prescan.seen)
		xalloc_die();
	return di_set_insert(prescan.seen, st->st_dev, st->st_ino) > 0;
}

static void count_file(const struct stat *st)
{
	const struct options *o = prescan.opts;

	if (!S_ISREG(st->st_mode))
		return;
	add(&prescan.files, 1);
	if (!o->hard_link && !o->symlink && !o->attributes_only && first_name(st))
		add(&prescan.bytes, st->st_size);
}

/* ---------------------------------------------------------------- a tree */

/* A directory on the way down */
struct level {
	struct level *above;
	dev_t dev;
	ino_t ino;
	size_t len;			/* of its path */
	struct later later;		/* its subdirectories that are still to be visited */
};

struct tree {
	char *path;			/* of the deepest level, with a NUL */
	size_t room;			/* of that */
	struct level *deepest;
};

/* Append name to the path, which is len long; returns how long it is then. */
static size_t set_name(struct tree *t, size_t len, const char *name)
{
	size_t size = strlen(name) + 1, slash = len && t->path[len - 1] != '/';

	while (t->room < len + slash + size)
		t->path = x2realloc(t->path, &t->room);
	if (slash)
		t->path[len] = '/';
	memcpy(t->path + len + slash, name, size);
	return len + slash + size - 1;
}

static bool is_above(const struct level *l, const struct stat *st)
{
	for (; l; l = l->above)
		if (l->dev == st->st_dev && l->ino == st->st_ino)
			return true;
	return false;
}

/* Count the name n in the directory l, which is open as fd. */
static void count_name(struct level *l, int fd, const struct reader_name *n)
{
	struct select_query q = { .name = n->name, .type = n->type, .parent_dev = l->dev };
	struct stat st;

	/* descend() asks whether a directory is left out. */
	if (S_ISREG(n->type) ||
	    (!S_ISDIR(n->type) && select_query(prescan.opts, &q) == SELECT_STAT)) {
		bool follow = options_follows(prescan.opts, false);

		if (RETRY(fstatat(fd, n->name, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW)) < 0)
			return;
		q.st = &st;
		q.type = st.st_mode & S_IFMT;
	}
	if (S_ISDIR(q.type))
		later_add(&l->later, n->name, q.type, n->ino);
	else if (q.st && select_query(prescan.opts, &q) == SELECT_COPY)
		count_file(&st);
}

/*
 * Returns true if the directory st, below the deepest level or an operand, is left out, or
 * what is in it.  name is its own in the deepest level, or the operand's path.
 */
static bool stays_out(const struct tree *t, const struct stat *st, const char *name)
{
	const struct select_query q = {
		.name = name, .type = S_IFDIR, .st = st,
		.parent_dev = t->deepest ? t->deepest->dev : 0, .operand = !t->deepest,
	};

	return select_query(prescan.opts, &q) != SELECT_ENTER || is_above(t->deepest, st);
}

/* Go down into the directory whose path, of so many bytes, has been set, and read it. */
static void descend(struct tree *t, size_t len, bool follow)
{
	int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
	int fd = RETRY(open(t->path, flags));
	struct reader_name name;
	struct reader reader;
	struct stat st;
	/* A name in a directory has no slash. */
	const char *last = t->deepest ? strrchr(t->path, '/') + 1 : t->path;

	if (fd >= 0 && RETRY(fstat(fd, &st)) == 0 && !stays_out(t, &st, last)) {
		struct level *l = xmalloc(sizeof *l);

		*l = (struct level){
			.above = t->deepest, .dev = st.st_dev, .ino = st.st_ino, .len = len,
		};
		later_init(&l->later, false);
		t->deepest = l;
		reader_begin(&reader, fd);
		while (!prescan.stop && reader_next(&reader, &name) > 0)
			count_name(l, fd, &name);
	}
	if (fd >= 0)
		close(fd);
}

static void ascend(struct tree *t)
{
	struct level *l = t->deepest;

	t->deepest = l->above;
	later_fini(&l->later);
	free(l);
}

static void count_tree(const char *path, bool follow)
{
	struct tree t = { .path = NULL };

	descend(&t, set_name(&t, 0, path), follow);
	while (t.deepest) {
		mode_t type;
		const char *name = prescan.stop ? NULL : later_peek(&t.deepest->later, &type);

		if (!name) {
			ascend(&t);
			continue;
		}
		later_skip(&t.deepest->later);
		descend(&t, set_name(&t, t.deepest->len, name),
			prescan.opts->follow == FOLLOW_ALWAYS);
	}
	free(t.path);
}

static void count_operand(const char *path)
{
	bool follow = options_follows(prescan.opts, true);
	struct stat st;

	if (RETRY(fstatat(AT_FDCWD, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW)) < 0)
		return;
	const struct select_query q = {
		.name = path, .type = st.st_mode & S_IFMT, .st = &st, .operand = true,
	};
	switch (select_query(prescan.opts, &q)) {
	case SELECT_COPY:
		count_file(&st);
		break;
	case SELECT_ENTER:
		count_tree(path, follow);
		break;
	default:
		break;
	}
}

static void *prescan_main(void *arg)
{
	(void)arg;
	setpriority(PRIO_PROCESS, gettid(), NICE);
	for (int i = 0; i < prescan.n && !prescan.stop; i++)
		count_operand(prescan.sources[i]);
	if (!prescan.stop)
		prescan.done = true;
	return NULL;
}

void prescan_begin(const struct options *opts, char *const *sources, int n)
{
	sigset_t all, old;

	prescan.opts = opts;
	prescan.sources = sources;
	prescan.n = n;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	prescan.running = pthread_create(&prescan.thread, NULL, prescan_main, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void prescan_end(void)
{
	if (!prescan.running)
		return;
	prescan.stop = true;
	prescan.running = false;
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += PATIENCE_NS;
	end.tv_sec += end.tv_nsec / CLOCK_SECOND;
	end.tv_nsec %= CLOCK_SECOND;
	if (pthread_timedjoin_np(prescan.thread, NULL, &end) != 0) {
		/* It waits for a server.  The process ends now, and it with that. */
		pthread_detach(prescan.thread);
		return;
	}
	if (prescan.seen)
		di_set_free(prescan.seen);
}

bool prescan_totals(uint64_t *ret_files, uint64_t *ret_bytes)
{
	bool done = prescan.done;

	*ret_files = prescan.files;
	*ret_bytes = prescan.bytes;
	return done;
}
