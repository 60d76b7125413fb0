/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: one thread goes through all operands as walker.c does, adds up sizes and makes
 * nothing.  No copy waits for it.  Where the disk is slow it warms the cache.  Where the
 * processor is short it has to stand back: so it begins only once a run has lasted for a
 * while, and has the lowest priority (on Linux each thread has a nice value of its own).  It
 * shares no lock with the threads that copy, as it might hold one while it does not run.
 *
 * It has an operand and one directory below it open at a time, and opens each by its path from
 * the operand, which may lead through no symlink unless all are followed: somebody may have
 * put one there meanwhile.  A directory that it cannot open or read, or whose path is longer
 * than PATH_MAX, is left out: the walkers report it when they come to it.
 *
 * Where hard links are kept, an inode with several names has its bytes counted once.
 */
#include <config.h>

#include "walk/prescan.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "base/beneath.h"
#include "base/clock.h"
#include "base/options.h"
#include "base/relaxed.h"
#include "base/retry.h"
#include "base/tally.h"
#include "base/thread.h"
#include "di-set.h"
#include "journal/journal.h"
#include "base/later.h"
#include "walk/reader.h"
#include "walk/select.h"
#include "walk/tag.h"
#include "xalloc.h"

/* The lowest priority there is; see setpriority(2) */
#define NICE 19

/*
 * How long prescan_end() waits for the thread, in nanoseconds: enough for several calls to a
 * local file system, and too short to be noticed.
 */
#define END_WAIT_NS 20000000

/* System calls that it usually takes to read a directory */
#define READ_CALLS 5

static struct {
	const struct options *opts;
	char *const *sources;
	int n;
	pthread_t thread;
	bool running;			/* the main thread's: thread has to be joined */
	atomic_bool stop, done;		/* the thread has to end; it has counted everything */
	_Atomic uint64_t files, bytes;	/* counted so far, by the prescan's thread alone */
	struct di_set *seen;		/* inodes with several names, if links are kept */
} prescan;

/* Add n to a sum, which does not overflow. */
static void add(_Atomic uint64_t *sum, uint64_t n)
{
	relaxed_set(*sum, tally_plus(relaxed_get(*sum), n));
}

/* Returns true if no other name of st's inode has been counted, or each is copied anew. */
static bool is_first_name(const struct stat *st)
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
	if (!o->hard_link && !o->symlink && !o->attributes_only && is_first_name(st))
		add(&prescan.bytes, st->st_size);
}

/* ---------------------------------------------------------------- a tree */

/* A directory on the way down */
struct level {
	struct level *above;
	dev_t dev;
	ino_t ino;
	size_t len;			/* bytes of its path */
	uint64_t number;		/* in the journal, if an earlier run has begun it; or 0 */
	struct later later;		/* subdirectories that have not been visited yet */
};

struct tree {
	int top;			/* the operand's descriptor; -1: it is not open yet */
	char *path;			/* of the last entry visited, from the operand on */
	size_t room;			/* allocated bytes of path */
	size_t top_len;			/* bytes of path that name the operand */
	struct level *deepest;
};

/* Make the path of its first len bytes, a slash, and name.  Returns how long it is then. */
static size_t set_name(struct tree *t, size_t len, const char *name)
{
	size_t size = strlen(name) + 1;
	bool slash = len && t->path[len - 1] != '/';

	while (t->room < len + slash + size)
		t->path = x2realloc(t->path, &t->room);
	if (slash)
		t->path[len] = '/';
	memcpy(t->path + len + slash, name, size);
	return len + slash + size - 1;
}

/* Returns true if the directory st is l, or above that: symlinks or mounts lead in a circle. */
static bool is_above(const struct level *l, const struct stat *st)
{
	for (; l; l = l->above)
		if (l->dev == st->st_dev && l->ino == st->st_ino)
			return true;
	return false;
}

/* Count the name n in the deepest level, which is open as fd. */
static void count_name(struct tree *t, int fd, const struct reader_name *n)
{
	struct level *l = t->deepest;
	struct select_query q = { .type = n->type, .parent_dev = l->dev };
	struct stat st;

	if (l->number && journal_is_done(l->number, n->name))
		return;
	if (prescan.opts->exclude) {
		set_name(t, l->len, n->name);
		q.path = t->path;
	}
	enum select_answer answer = select_query(prescan.opts, &q);
	if (answer == SELECT_EXCLUDE)
		return;
	/* The size of a file is wanted.  descend() looks at directories. */
	if (S_ISREG(n->type) || (!S_ISDIR(n->type) && answer == SELECT_STAT)) {
		bool follow = options_follows(prescan.opts, false);

		copyfile_limit_take(0, 1);
		if (RETRY(fstatat(fd, n->name, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW)) < 0)
			return;
		q.path = NULL;
		q.st = &st;
		q.type = st.st_mode & S_IFMT;
	}
	if (S_ISDIR(q.type))
		later_add(&l->later, n->name, q.type, n->ino);
	else if (q.st && select_query(prescan.opts, &q) == SELECT_COPY)
		count_file(&st);
}

/* Returns true if what is in the directory t->path, which is st, is left out. */
static bool is_left_out(const struct tree *t, const struct stat *st)
{
	const struct select_query q = {
		.type = S_IFDIR, .st = st,
		.parent_dev = t->deepest ? t->deepest->dev : 0, .operand = !t->deepest,
	};

	return select_query(prescan.opts, &q) != SELECT_ENTER || is_above(t->deepest, st);
}

/* Open the directory t->path for reading.  Returns a descriptor or -1. */
static int open_path(const struct tree *t)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

	if (!t->deepest)
		return RETRY(openat(t->top, ".", flags));
	const char *below = t->path + t->top_len + strspn(t->path + t->top_len, "/");
	return prescan.opts->follow == FOLLOW_ALWAYS ? RETRY(openat(t->top, below, flags)) :
						       beneath_open(t->top, below, flags);
}

/*
 * Count what is in the directory t->path, which is len bytes long, and go down into it; number is
 * its number in the journal, or 0.
 */
static void descend(struct tree *t, size_t len, uint64_t number)
{
	copyfile_limit_take(0, READ_CALLS);
	int fd = open_path(t);
	struct reader_name name;
	struct reader reader;
	struct stat st;

	if (fd >= 0 && RETRY(fstat(fd, &st)) == 0 && !is_left_out(t, &st)) {
		struct level *l = xmalloc(sizeof *l);

		*l = (struct level){
			.above = t->deepest, .dev = st.st_dev, .ino = st.st_ino, .len = len,
			.number = number,
		};
		later_init(&l->later, false);
		t->deepest = l;
		name = (struct reader_name){ .name = tag_find(prescan.opts, fd).name };
		if (name.name) {
			count_name(t, fd, &name);
		} else {
			reader_begin(&reader, fd);
			while (!prescan.stop && reader_next(&reader, &name) > 0)
				count_name(t, fd, &name);
			reader_end(&reader);
		}
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
	int flags = O_PATH | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
	struct tree t = { .top = RETRY(open(path, flags)) };

	if (t.top < 0)
		return;
	t.top_len = set_name(&t, 0, path);
	descend(&t, t.top_len, journal_number(0, path));
	while (t.deepest) {
		mode_t type;
		const char *name = prescan.stop ? NULL : later_peek(&t.deepest->later, &type);

		if (!name) {
			ascend(&t);
			continue;
		}
		uint64_t number = t.deepest->number;
		if (number)
			number = journal_number(number, name);
		later_skip(&t.deepest->later);
		descend(&t, set_name(&t, t.deepest->len, name), number);
	}
	close(t.top);
	free(t.path);
}

static void count_operand(const char *path)
{
	bool follow = options_follows(prescan.opts, true);
	struct stat st;

	if (journal_is_done(0, path) ||
	    RETRY(fstatat(AT_FDCWD, path, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW)) < 0)
		return;
	const struct select_query q = {
		.path = path, .type = st.st_mode & S_IFMT, .st = &st, .operand = true,
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
	prescan.opts = opts;
	prescan.sources = sources;
	prescan.n = n;
	prescan.running = thread_start(&prescan.thread, prescan_main, NULL) == 0;
}

void prescan_end(void)
{
	if (!prescan.running)
		return;
	prescan.stop = true;
	prescan.running = false;
	struct timespec end;
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_nsec += END_WAIT_NS;
	end.tv_sec += end.tv_nsec / CLOCK_SECOND;
	end.tv_nsec %= CLOCK_SECOND;
	if (pthread_timedjoin_np(prescan.thread, NULL, &end) != 0) {
		/* It waits for a server.  It ends with the process, which is about to. */
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
