/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * scratch - what the library's tests share: a directory of their own to work
 * in, files with known contents, and ways to look at the outcome.
 *
 * scratch_enter() makes a directory under TMPDIR, removed at exit by the
 * process that made it, and goes there; so tests use short relative names.
 * scratch_done() ends the test: it sees that the library leaves nothing open.
 * What goes wrong here is the surroundings' fault, and bails out.
 */
#ifndef SCRATCH_H
#define SCRATCH_H 1

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libcopyfile.h>

#include "tap.h"

/* The three ways to have a copy scheduled, for tests that try each */
static const struct {
	unsigned long flag;
	const char *name;
} schedules[] = {
	{ COPYFILE_SYNC,  "sync" },
	{ COPYFILE_ASYNC, "async" },
	{ 0,              "default" },
};

enum { SCHEDULES = sizeof schedules / sizeof schedules[0] };

static char scratch_dir[PATH_MAX];
static pid_t scratch_owner;
static int scratch_fds;		/* open when the test began */

static inline int scratch_remove_one(const char *path, const struct stat *st, int type,
				     struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Remove a tree */
static inline void remove_tree(const char *path)
{
	if (nftw(path, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		diag("cannot remove %s: %s", path, strerror(errno));
}

/* Make a directory on tmpfs, and let dir, which is ON_TMPFS, be its name.  False: there is none. */
#define ON_TMPFS "/dev/shm/tap.XXXXXX"

static inline bool make_on_tmpfs(char *dir)
{
	struct statfs fs;

	return statfs("/dev/shm", &fs) == 0 && fs.f_type == TMPFS_MAGIC && mkdtemp(dir);
}

static inline void scratch_leave(void)
{
	if (getpid() != scratch_owner || chdir("/") != 0)
		return;
	remove_tree(scratch_dir);
}

static inline int count_fds(void);

static inline void scratch_enter(const char *name)
{
	const char *tmp = getenv("TMPDIR");

	scratch_fds = count_fds();
	snprintf(scratch_dir, sizeof scratch_dir, "%s/%s.XXXXXX",
		 tmp && *tmp == '/' ? tmp : "/tmp", name);
	if (mkdtemp(scratch_dir) == NULL || chdir(scratch_dir) != 0)
		bail_out("cannot work in %s: %s", scratch_dir, strerror(errno));
	scratch_owner = getpid();
	atexit(scratch_leave);
	umask(022);
}

#if defined(__SANITIZE_THREAD__)
#define SCRATCH_TSAN 1
#elif defined(__SANITIZE_ADDRESS__)
#define SCRATCH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SCRATCH_TSAN 1
#elif __has_feature(address_sanitizer)
#define SCRATCH_ASAN 1
#endif
#endif

/* ThreadSanitizer refuses threads after fork() unless it is told otherwise */
const char *__tsan_default_options(void);

const char *__tsan_default_options(void)
{
	return "die_after_fork=0";
}

/* -------------------------------------------------------------- making files */

static inline void append(const char *name, const void *data, size_t size)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) != 0)
		bail_out("cannot write %s: %s", name, strerror(errno));
}

static inline void put(const char *name, const void *data, size_t size)
{
	if (unlink(name) != 0 && errno != ENOENT)
		bail_out("cannot remove %s: %s", name, strerror(errno));
	append(name, data, size);
}

static inline void put_text(const char *name, const char *text)
{
	put(name, text, strlen(text));
}

static inline void put_mode(const char *name, mode_t mode)
{
	put_text(name, "contents");
	if (chmod(name, mode) != 0)
		bail_out("chmod: %s", strerror(errno));
}

/* size bytes, none of them zero, different for each seed */
static inline void put_pattern(const char *name, size_t size, unsigned int seed)
{
	unsigned char *data = malloc(size + 1);
	size_t i;

	if (!data)
		bail_out("no memory");
	for (i = 0; i < size; i++) {
		seed = seed * 1103515245u + 12345u;
		data[i] = (unsigned char)((seed >> 16) % 255 + 1);
	}
	put(name, data, size);
	free(data);
}

/* A file that is one big hole: free to have, long to copy as plain data */
static inline void put_hole(const char *name, off_t size)
{
	put(name, "", 0);
	if (truncate(name, size) != 0)
		bail_out("cannot extend %s: %s", name, strerror(errno));
}

static inline void drop(const char *name)
{
	if (remove(name) != 0 && errno != ENOENT)
		bail_out("cannot remove %s: %s", name, strerror(errno));
}

/* ----------------------------------------------------------- looking at them */

static inline bool exists(const char *name)
{
	struct stat st;

	return lstat(name, &st) == 0;
}

static inline struct stat stat_of(const char *name)
{
	struct stat st;

	if (lstat(name, &st) != 0)
		memset(&st, 0, sizeof st);
	return st;
}

/* The permissions of name, with the set-ID and sticky bits */
static inline unsigned int mode_of(const char *name)
{
	return stat_of(name).st_mode & 07777;
}

static inline bool holds(const char *name, const char *text)
{
	char buf[256];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, buf, sizeof buf);

	if (fd >= 0)
		close(fd);
	return got == (ssize_t)strlen(text) && memcmp(buf, text, got) == 0;
}

/* Bytes up to where two files differ, or -1 where they don't differ at all */
static inline off_t first_difference(const char *a, const char *b)
{
	static char buf[2][65536];
	FILE *file[2] = { fopen(a, "re"), fopen(b, "re") };
	off_t at = 0;
	size_t got[2], i;

	if (!file[0] || !file[1])
		at = -2;
	while (at >= 0) {
		got[0] = fread(buf[0], 1, sizeof buf[0], file[0]);
		got[1] = fread(buf[1], 1, sizeof buf[1], file[1]);
		if (got[0] == got[1] && memcmp(buf[0], buf[1], got[0]) == 0) {
			at = got[0] > 0 ? at + (off_t)got[0] : -1;
			continue;
		}
		for (i = 0; i < got[0] && i < got[1] && buf[0][i] == buf[1][i]; i++)
			;
		at += i;
		break;
	}
	if (file[0])
		fclose(file[0]);
	if (file[1])
		fclose(file[1]);
	return at == -2 ? 0 : at;
}

static inline bool same_data(const char *a, const char *b)
{
	return first_difference(a, b) == -1;
}

/* Entries of a directory, "." and ".." not counted */
static inline int count_names(const char *path)
{
	DIR *dir = opendir(path);
	int n = -2;

	if (!dir)
		bail_out("cannot read %s: %s", path, strerror(errno));
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* Open descriptors of this process */
static inline int count_fds(void)
{
	return count_names("/proc/self/fd") - 1;	/* the one that looks */
}

/* ------------------------------------------------------------------- copying */

/* See a copy through to its end: what the start returned, to its result */
static inline int finish(int ret)
{
	int cookie = ret;

	if (cookie <= 0)
		return ret;
	do
		ret = copyfile_ctrl(cookie, COPYFILE_WAIT);
	while (ret > 0);
	return ret;
}

static inline int copy(const char *src, const char *dst, unsigned long flags)
{
	return finish(copyfile(src, dst, flags));
}

/* Of the copy that last ended in this thread */
static inline struct copyfile_info last_info(void)
{
	struct copyfile_info info;

	memset(&info, 0xff, sizeof info);
	if (copyfile_info(0, &info, sizeof info) != 0)
		diag("copyfile_info(0): %s", strerror(errno));
	return info;
}

/* Whether poll() calls the copy ended, within so many ms (-1: ever) */
static inline bool readable(int cookie, int ms)
{
	struct pollfd fd = { .fd = cookie, .events = POLLIN };
	int n;

	do
		n = poll(&fd, 1, ms);
	while (n < 0 && errno == EINTR);
	return n == 1 && (fd.revents & POLLIN) != 0;
}

/*
 * A copy that is sure to go on for a while: a gigabyte through read and write
 * in small chunks.  long_setup() before, and cancel it in the end.
 */
#define LONG_FLAGS	(COPYFILE_ASYNC | COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE)
#define LONG_SIZE	((off_t)1 << 30)

static inline void long_setup(unsigned int threads, unsigned int pending)
{
	struct copyfile_setup setup = {
		.threads = threads, .pending = pending, .chunk = 16384,
	};
	int ret = copyfile_setup(&setup, sizeof setup);

	if (ret != 0)
		bail_out("copyfile_setup: %s", strerror(-ret));
	put_hole("long", LONG_SIZE);
}

static inline int long_start(const char *dst, unsigned long flags)
{
	int cookie = copyfile("long", dst, LONG_FLAGS | flags);

	if (cookie <= 0)
		bail_out("cannot start a long copy: %s", strerror(-cookie));
	return cookie;
}

/* The library's end: nothing is under way, and nothing open.  Returns main()'s exit status. */
static inline int scratch_done(void)
{
	is_int(copyfile_shutdown(), 0, "shutdown");
	is_int(count_fds(), scratch_fds, "no descriptor is left behind");
	return done_testing();
}

/* Sleep until the copy has moved data (then true) or has ended */
static inline bool wait_for_data(int cookie)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	struct copyfile_info info;

	while (!readable(cookie, 0)) {
		if (copyfile_info(cookie, &info, sizeof info) != 0)
			return false;
		if (info.bytes_done > 0)
			return true;
		nanosleep(&ms, NULL);
	}
	return false;
}

/* Cancel a copy and see it end.  Returns its result. */
static inline int cancel(int cookie)
{
	int ret = copyfile_ctrl(cookie, COPYFILE_CANCEL);

	if (ret == 0)
		bail_out("COPYFILE_CANCEL has taken a result");
	return ret > 0 ? finish(cookie) : ret;
}

/* ThreadSanitizer mistakes the child's threads for those that the parent had */
static inline void before_fork(void)
{
#ifdef SCRATCH_TSAN
	if (copyfile_shutdown() != 0)
		diag("a child is made while cookies are live");
#endif
}

/*
 * Run a test point's worth of code in a child: for what can't be undone, such
 * as limits, identity, or closed descriptors.  Zero: all is well.
 */
static inline int in_child(int (*fn)(void))
{
	int status;
	pid_t pid;

	before_fork();
	pid = fork();
	if (pid < 0)
		bail_out("fork: %s", strerror(errno));
	if (pid == 0) {
		int ret = fn();

		if (copyfile_shutdown() != 0 && ret == 0)
			ret = 255;
		_exit(ret);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			bail_out("waitpid: %s", strerror(errno));
	if (!WIFEXITED(status)) {
		diag("the child was killed by signal %d", WTERMSIG(status));
		return 256;
	}
	return WEXITSTATUS(status);
}

#endif /* SCRATCH_H */
