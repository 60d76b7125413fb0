/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * library - many threads do at random whatever the library offers, DURATION seconds long:
 * copies with any flags, to new names, to files that are there, to one file by two names, from
 * descriptors; commands to any cookie, also to those of other threads; setup, shutdown, sweeps
 * and statistics in between.  SEED says which.
 *
 * Each copy ends as it may end.  What a good one has made is byte for byte what its source
 * holds; a file that others write to as well never has bytes of two sources.  In the end nothing
 * is left: no cookie, no descriptor, no temporary name.
 *
 * stress/fork is for what happens to a child meanwhile: sanitizers cannot follow one.
 */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>

#include "scratch.h"
#include "tap.h"

enum { THREADS = 6, WINDOW = 12, SOURCES = 6, SHARED = 4 };

static const size_t sizes[SOURCES] = { 0, 1, 4096, 70000, 300000, 2000000 };

/* Flags that are drawn, each for itself.  Those that contradict each other are EINVAL. */
static const uint64_t some_flags[] = {
	COPYFILE_REPLACE, COPYFILE_TRUNCATE, COPYFILE_MODE, COPYFILE_TIMES, COPYFILE_XATTR,
	COPYFILE_ACL, COPYFILE_OWNER, COPYFILE_LENIENT, COPYFILE_NO_REFLINK, COPYFILE_SPARSE,
	COPYFILE_NO_SPARSE, COPYFILE_NOFOLLOW, COPYFILE_KEEP_PARTIAL, COPYFILE_PLAIN_MODE,
	COPYFILE_SYNC, COPYFILE_ASYNC, COPYFILE_VERIFY, COPYFILE_ATOMIC, COPYFILE_NOFOLLOW_DST,
	COPYFILE_ONE_NAME,
};

enum { SOME_FLAGS = sizeof some_flags / sizeof *some_flags };

struct copying {
	int cookie;			/* 0: none here */
	int source;
	bool to_shared;			/* others write to dst as well */
	bool old;			/* dst was there before */
	bool cancelled, paused;
	uint64_t flags;
	char dst[32];
};

struct worker {
	pthread_t thread;
	uint64_t state;			/* of the random numbers */
	int id, fd;			/* fd: a file of its own to copy into */
	struct copying window[WINDOW];
	unsigned long started, good, cancelled, refused, failed, wrong;
	char first[128];		/* the first thing that was wrong */
};

static struct worker workers[THREADS];
static atomic_bool stop;
static _Atomic int any_cookie[16];	/* what some thread has, or had */

static unsigned int dice(struct worker *w, unsigned int sides)
{
	w->state = w->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned int)(w->state >> 33) % sides;
}

static void wrong(struct worker *w, const char *what, long long value)
{
	if (w->wrong++ == 0)
		snprintf(w->first, sizeof w->first, "%s: %lld", what, value);
}

/* --------------------------------------------------------------- contents */

/* Each byte of a source tells which one it is. */
static void make_sources(void)
{
	char name[16], *data = malloc(sizes[SOURCES - 1]);

	if (!data)
		bail_out("no memory");
	for (int i = 0; i < SOURCES; i++) {
		snprintf(name, sizeof name, "src%d", i);
		memset(data, 'a' + i, sizes[i]);
		put(name, data, sizes[i]);
	}
	free(data);
}

/* Returns the number of the source that fd holds, or -1. */
static int source_in(int fd)
{
	char buf[65536];
	struct stat st;
	off_t at = 0;
	ssize_t n;
	int source = 0;

	if (fstat(fd, &st) < 0)
		return -1;
	while (source < SOURCES && (off_t)sizes[source] != st.st_size)
		source++;
	while (source < SOURCES && (n = pread(fd, buf, sizeof buf, at)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != 'a' + source)
				return -1;
		at += n;
	}
	return source < SOURCES && at == st.st_size ? source : -1;
}

static void check_good(struct worker *w, const struct copying *c)
{
	int fd = c->dst[0] ? open(c->dst, O_RDONLY | O_CLOEXEC) : dup(w->fd);
	/* Of a file that others write to nothing can be said before they are done. */
	int source = fd < 0 || c->to_shared ? c->source : source_in(fd);

	if (fd < 0 && !c->to_shared)
		wrong(w, "a good copy is not there", errno);
	if (source != c->source)
		wrong(w, "a good copy is not its source", source);
	if (fd >= 0)
		close(fd);
}

/* ------------------------------------------------------------------- ends */

static bool may_fail_with(const struct copying *c, int error)
{
	switch (-error) {
	case ECANCELED:
		return c->cancelled;
	case EINVAL:
	case EEXIST:
	case EAGAIN:
		return true;
	case EOPNOTSUPP:	/* by this file system */
	case EPERM:
		return c->flags & (COPYFILE_ACL | COPYFILE_XATTR | COPYFILE_OWNER);
	default:
		return false;
	}
}

static void settle(struct worker *w, struct copying *c, int ret)
{
	if (ret == 0) {
		w->good++;
		check_good(w, c);
	} else if (ret == -ECANCELED) {
		w->cancelled++;
	} else if (ret == -EAGAIN) {
		w->refused++;
	} else {
		w->failed++;
	}
	if (ret < 0 && !may_fail_with(c, ret))
		wrong(w, "an end that was not asked for", ret);
	if (c->dst[0] && !c->to_shared) {
		if (ret == -ECANCELED && !c->old && exists(c->dst) &&
		    !(c->flags & COPYFILE_KEEP_PARTIAL))
			wrong(w, "a cancelled copy is there", ret);
		unlink(c->dst);
	}
	c->cookie = 0;
}

/* ----------------------------------------------------------------- starts */

static uint64_t draw_flags(struct worker *w)
{
	uint64_t flags = 0;

	for (unsigned int n = dice(w, 5); n; n--)
		flags |= some_flags[dice(w, SOME_FLAGS)];
	return flags;
}

static void name_destination(struct worker *w, struct copying *c)
{
	c->to_shared = dice(w, 4) == 0;
	if (c->to_shared)
		snprintf(c->dst, sizeof c->dst, "shared/%s%u", dice(w, 2) ? "" : "../again/",
			 dice(w, SHARED));
	else
		snprintf(c->dst, sizeof c->dst, "own%d/%d", w->id, (int)(c - w->window));
	if (!c->to_shared && dice(w, 3) == 0) {
		int fd = open(c->dst, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

		if (fd < 0 || write(fd, "old", 3) != 3)
			wrong(w, "cannot make what is there before", errno);
		close(fd);
		c->old = true;
	}
}

/* Into the file that w has open, where several copies may be under way. */
static int start_by_fd(struct worker *w, struct copying *c, const struct copyfile_how *how)
{
	char src[16];

	snprintf(src, sizeof src, "src%d", c->source);
	int fd = open(src, O_RDONLY | O_CLOEXEC);
	c->dst[0] = '\0';
	c->to_shared = true;
	int ret = copyfilefd(fd, w->fd, how, sizeof *how);
	close(fd);
	return ret;
}

static void start(struct worker *w, struct copying *c)
{
	char src[16];
	int ret;

	*c = (struct copying){ .source = (int)dice(w, SOURCES), .flags = draw_flags(w) };
	struct copyfile_how how = {
		.flags = c->flags, .tag = (uintptr_t)c, .client = dice(w, 3),
		.hash = dice(w, 10) == 0 ? COPYFILE_HASH_XXH128 : 0,
	};
	w->started++;
	if (dice(w, 10) == 0) {
		ret = start_by_fd(w, c, &how);
	} else {
		snprintf(src, sizeof src, "src%d", c->source);
		name_destination(w, c);
		ret = copyfileat(AT_FDCWD, src, AT_FDCWD, c->dst, &how, sizeof how);
	}
	if (ret == -EOPNOTSUPP && how.hash)
		ret = -EAGAIN;		/* built without this hash */
	if (ret > 0) {
		c->cookie = ret;
		any_cookie[dice(w, 16)] = ret;
	} else {
		settle(w, c, ret);
	}
}

/* --------------------------------------------------------------- commands */

static void command(struct worker *w, struct copying *c, unsigned long cmd)
{
	int ret = copyfile_ctrl(c->cookie, cmd);

	if (ret < 1 || ret > 100)
		wrong(w, "a command that takes a result", ret);
	if (cmd == COPYFILE_CANCEL)
		c->cancelled = true;
	c->paused = cmd == COPYFILE_PAUSE && !c->cancelled;
}

static void control(struct worker *w, struct copying *c)
{
	static const unsigned long commands[] = {
		COPYFILE_STATUS, COPYFILE_STATUS, COPYFILE_WAIT, COPYFILE_WAIT, COPYFILE_CANCEL,
		COPYFILE_PAUSE, COPYFILE_RESUME,
	};
	unsigned long cmd = commands[dice(w, sizeof commands / sizeof *commands)];
	struct copyfile_info info;

	/* Others wait for the file, this thread among them: nobody would resume it. */
	if (cmd == COPYFILE_PAUSE && c->to_shared)
		cmd = COPYFILE_STATUS;

	if (dice(w, 4) == 0 && copyfile_info(c->cookie, &info, sizeof info) == 0 &&
	    info.tag != (uintptr_t)c)
		wrong(w, "copyfile_info is of another copy", (long long)info.tag);
	if (cmd != COPYFILE_WAIT && cmd != COPYFILE_STATUS) {
		command(w, c, cmd);
		return;
	}
	if (cmd == COPYFILE_WAIT && c->paused)
		command(w, c, COPYFILE_RESUME);
	int ret = copyfile_ctrl_info(c->cookie, cmd, &info, dice(w, 2) ? sizeof info : 8);
	if (ret > 100 || (ret > 0 && cmd == COPYFILE_WAIT))
		wrong(w, "should have ended", ret);
	if (ret <= 0)
		settle(w, c, ret);
}

/* What concerns no copy of this thread, and must be harmless */
static void other_calls(struct worker *w)
{
	const struct copyfile_setup setup = { .threads = 1 + dice(w, 16), .pending = 64 };
	struct copyfile_advice advice;
	struct copyfile_stats stats;
	struct copyfile_info info;
	char temp[COPYFILE_TEMP_SIZE + 16];
	int ret = 0;

	switch (dice(w, 8)) {
	case 0:
		ret = copyfile_setup(&setup, sizeof setup);
		break;
	case 1:
		ret = copyfile_shutdown();
		break;
	case 2:
		ret = copyfile_stats(&stats, sizeof stats);
		break;
	case 3:
		ret = copyfile_advice(&advice, sizeof advice);
		break;
	case 4:
		ret = copyfile_temp_name(AT_FDCWD, "shared/name", temp, sizeof temp);
		break;
	case 5:
		(void)copyfile_info(any_cookie[dice(w, 16)], &info, sizeof info);
		break;
	case 6:
		ret = copyfile_room_fd(dice(w, 3)) < 0 ? -1 : 0;
		break;
	default:
		(void)copyfile_info(0, &info, sizeof info);
	}
	if (ret != 0 && ret != -EBUSY)
		wrong(w, "a call has failed", ret);
}

/* --------------------------------------------------------------- the soak */

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!stop) {
		struct copying *c = &w->window[dice(w, WINDOW)];

		if (dice(w, 50) == 0)
			other_calls(w);
		else if (c->cookie == 0)
			start(w, c);
		else
			control(w, c);
	}
	for (int i = 0; i < WINDOW; i++) {
		struct copying *c = &w->window[i];

		if (c->cookie == 0)
			continue;
		command(w, c, COPYFILE_RESUME);
		settle(w, c, finish(c->cookie));
	}
	return NULL;
}

static void begin(int i, uint64_t seed)
{
	struct worker *w = &workers[i];
	char name[16];

	*w = (struct worker){ .id = i, .state = seed * 1000 + (uint64_t)i };
	snprintf(name, sizeof name, "own%d", i);
	mkdir(name, 0755);
	snprintf(name, sizeof name, "by-fd%d", i);
	w->fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (w->fd < 0 || pthread_create(&w->thread, NULL, work, w) != 0)
		bail_out("no thread, or no file");
}

/* Wait for the thread.  Returns how much was wrong. */
static unsigned long end(int i, struct worker *sum)
{
	struct worker *w = &workers[i];
	char name[16];

	pthread_join(w->thread, NULL);
	close(w->fd);
	sum->started += w->started;
	sum->good += w->good;
	sum->cancelled += w->cancelled;
	sum->refused += w->refused;
	sum->failed += w->failed;
	if (w->wrong)
		diag("thread %d: %lu things were wrong; first %s", i, w->wrong, w->first);
	snprintf(name, sizeof name, "own%d", i);
	is_int(count_names(name), 0, "thread %d leaves no file", i);
	return w->wrong;
}

/* Returns true if fd has bytes of two sources.  Of a cancelled copy zeros may be left. */
static bool is_mixed(int fd)
{
	char buf[65536], letter = 0;
	off_t at = 0;

	for (ssize_t n; (n = pread(fd, buf, sizeof buf, at)) > 0; at += n) {
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] && letter && buf[i] != letter)
				return true;
			letter = buf[i] ? buf[i] : letter;
		}
	}
	return false;
}

static void check_shared(void)
{
	int mixed = 0;

	for (int i = 0; i < SHARED; i++) {
		char name[16];

		snprintf(name, sizeof name, "shared/%d", i);
		int fd = open(name, O_RDONLY | O_CLOEXEC);
		mixed += fd >= 0 && is_mixed(fd);
		if (fd >= 0)
			close(fd);
	}
	is_int(mixed, 0, "files that many copies were written to never have bytes of two sources");
}

static unsigned long number_from(const char *variable, unsigned long otherwise)
{
	const char *text = getenv(variable);

	return text && *text ? strtoul(text, NULL, 0) : otherwise;
}

int main(void)
{
	unsigned long seconds = number_from("DURATION", 2), seed = number_from("SEED", 1);
	struct worker sum = { 0 };
	unsigned long bad = 0;

	scratch_enter("library");
	make_sources();
	mkdir("shared", 0755);
	if (symlink("shared", "again") != 0)
		bail_out("symlink: %s", strerror(errno));
	for (int i = 0; i < THREADS; i++)
		begin(i, seed);
	sleep((unsigned int)seconds);
	stop = true;
	for (int i = 0; i < THREADS; i++)
		bad += end(i, &sum);
	diag("seed %lu, %lu s: %lu copies, %lu good, %lu cancelled, %lu refused, %lu failed", seed,
	     seconds, sum.started, sum.good, sum.cancelled, sum.refused, sum.failed);
	is_int((long long)bad, 0, "every copy ended as it may");
	ok(sum.good && sum.cancelled, "some were done, some cancelled");
	is_int((long long)sum.started,
	       (long long)(sum.good + sum.cancelled + sum.refused + sum.failed), "none was lost");
	check_shared();
	ok(count_names("shared") <= SHARED, "no temporary name is left");
	return scratch_done();
}
