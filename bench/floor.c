/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * floor [-t THREADS] SRC DST - the least that the kernel needs to copy a tree.
 *
 * No program that copies with these system calls can be faster by much, so a
 * copier's time divided by this one's tells what it spends on itself.  This is
 * not a copier: DST must not exist, what is not a file, directory or symlink is
 * left out, no attribute but a file's mode is copied, and any failure is the
 * end.
 *
 * Design: threads share a stack of directories, each of which is copied by one
 * thread.  A directory on the stack is already made and open on both sides, so
 * that every name is looked up once, in an open directory; there is no limit to
 * the descriptors that wait there but the system's.
 *
 *   a file		openat, fstat, openat, copy_file_range, close, close
 *   a symlink		readlinkat, symlinkat
 *   a directory	openat, mkdirat, openat, getdents64 ..., close, close
 *
 * The last pushed is copied next: it is the warmest in the caches, and a deep
 * tree keeps fewer descriptors open than it would from the other end.  A tree
 * of few large directories keeps few threads busy, and is no floor.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What one getdents64 returns at most: as much as the C library asks for */
#define ENTRIES_SIZE 32768

enum { MAX_THREADS = 256 };

struct dir {
	struct dir *next;		/* below it on the stack */
	int src, dst;
};

/* What getdents64(2) fills in; see its manual page */
struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short size;
	unsigned char type;
	char name[];
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;		/* there is work, or there is none left */
	struct dir *top;
	unsigned int busy;		/* threads that may push more */
} stack = { .lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER };

/* r if it is no error */
static long check(long r, const char *what, const char *name)
{
	if (r >= 0)
		return r;
	fprintf(stderr, "floor: %s: %s: %s\n", name, what, strerror(errno));
	exit(1);
}

/* ---------------------------------------------------------------- stack */

static void push(int src, int dst)
{
	struct dir *d = malloc(sizeof *d);

	if (!d)
		abort();
	pthread_mutex_lock(&stack.lock);
	*d = (struct dir){ .next = stack.top, .src = src, .dst = dst };
	stack.top = d;
	pthread_cond_signal(&stack.change);
	pthread_mutex_unlock(&stack.lock);
}

/* The caller, who was busy until now, frees it; NULL if all is done. */
static struct dir *pop(void)
{
	struct dir *d;

	pthread_mutex_lock(&stack.lock);
	if (--stack.busy == 0)
		pthread_cond_broadcast(&stack.change);
	while (!stack.top && stack.busy)
		pthread_cond_wait(&stack.change, &stack.lock);
	d = stack.top;
	if (d) {
		stack.top = d->next;
		stack.busy++;
	}
	pthread_mutex_unlock(&stack.lock);
	return d;
}

/* --------------------------------------------------------------- copies */

static void copy_file(const struct dir *d, const char *name)
{
	const int create = O_WRONLY | O_CREAT | O_EXCL;
	int src = check(openat(d->src, name, O_RDONLY | O_NOFOLLOW), "open", name);
	struct stat st;

	check(fstat(src, &st), "stat", name);
	int dst = check(openat(d->dst, name, create, st.st_mode & 0777), "create", name);
	for (off_t left = st.st_size; left > 0;) {
		ssize_t n = copy_file_range(src, NULL, dst, NULL, left, 0);

		/* 0: it has shrunk, or is one of those in /proc. */
		if (check(n, "copy", name) == 0)
			break;
		left -= n;
	}
	check(close(dst), "close", name);
	close(src);
}

static void copy_symlink(const struct dir *d, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(d->src, name, target, sizeof target - 1);

	target[check(n, "readlink", name)] = '\0';
	check(symlinkat(target, d->dst, name), "symlink", name);
}

static void make_dir(int src_dir, const char *src, int dst_dir, const char *dst)
{
	int from = check(openat(src_dir, src, O_RDONLY | O_DIRECTORY), "open", src);

	check(mkdirat(dst_dir, dst, 0777), "mkdir", dst);
	push(from, check(openat(dst_dir, dst, O_RDONLY | O_DIRECTORY), "open", dst));
}

/* For file systems that do not say so in the directory itself */
static unsigned char type_of(const struct dir *d, const char *name)
{
	struct stat st;

	check(fstatat(d->src, name, &st, AT_SYMLINK_NOFOLLOW), "stat", name);
	return IFTODT(st.st_mode);
}

static void copy_entry(const struct dir *d, const struct entry *e)
{
	const char *name = e->name;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return;
	switch (e->type == DT_UNKNOWN ? type_of(d, name) : e->type) {
	case DT_REG:
		copy_file(d, name);
		break;
	case DT_LNK:
		copy_symlink(d, name);
		break;
	case DT_DIR:
		make_dir(d->src, name, d->dst, name);
		break;
	}
}

/* As many entries as fit; returns their bytes, 0 at the end. */
static long read_entries(const struct dir *d, char *entries)
{
	/* Not every C library has a name for it. */
	long n = syscall(SYS_getdents64, d->src, entries, ENTRIES_SIZE);

	return check(n, "read", "a directory");
}

static void *copy_dirs(void *arg)
{
	_Alignas(struct entry) char entries[ENTRIES_SIZE];
	struct dir *d;
	long n;

	(void)arg;
	while ((d = pop())) {
		while ((n = read_entries(d, entries)))
			for (long at = 0; at < n;) {
				const struct entry *e = (const void *)(entries + at);

				copy_entry(d, e);
				at += e->size;
			}
		close(d->src);
		close(d->dst);
		free(d);
	}
	return NULL;
}

/* ----------------------------------------------------------------- main */

/* Those that we may run on */
static int cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) == 0)
		return CPU_COUNT(&set);
	return sysconf(_SC_NPROCESSORS_ONLN);
}

static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void usage(void)
{
	fprintf(stderr, "usage: floor [-t THREADS] SRC DST\n");
	exit(2);
}

int main(int argc, char **argv)
{
	pthread_t ids[MAX_THREADS];
	int threads = cores();
	int option;

	while ((option = getopt(argc, argv, "t:")) != -1) {
		if (option != 't')
			usage();
		threads = atoi(optarg);
	}
	if (argc - optind != 2 || threads < 1)
		usage();
	if (threads > MAX_THREADS)
		threads = MAX_THREADS;

	raise_descriptor_limit();
	make_dir(AT_FDCWD, argv[optind], AT_FDCWD, argv[optind + 1]);
	/* Every thread counts as busy until it first asks for work. */
	stack.busy = threads;
	for (int i = 1; i < threads; i++)
		if ((errno = pthread_create(&ids[i], NULL, copy_dirs, NULL)))
			check(-1, "start", "a thread");
	copy_dirs(NULL);
	for (int i = 1; i < threads; i++)
		pthread_join(ids[i], NULL);
	return 0;
}
