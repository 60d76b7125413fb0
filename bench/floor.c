/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * floor [-a] [-w] [-t THREADS] SRC DST - the least that the kernel needs to copy a tree.
 *
 * No program that copies with these system calls can be faster by much, so a
 * copier's time divided by this one's tells what it spends on itself.  This is
 * not a copier: DST must not exist, what is not a file, directory or symlink is
 * left out, holes are filled, and any failure is the end.  -a copies what cp -a
 * does, but for the attributes of symlinks other than owner and times; else no
 * attribute but a file's mode is copied.  -w copies data with read and write, as
 * between file systems, where copy_file_range does not.
 *
 * Design: threads share a stack of directories, each of which is copied by one
 * thread.  A directory on the stack is already made and open on both sides, so
 * that every name is looked up once, in an open directory; there is no limit to
 * the descriptors that wait there but the system's.
 *
 *   a file		openat, fstat, openat, copy_file_range, close, close
 *     -w		read, write in place of copy_file_range
 *     -a		flistxattr, utimensat more; fchown if the owner is another, fchmod
 *			for the set-user-ID and -group-ID and sticky bits
 *     a further name	openat, fstat, linkat, close
 *   a symlink		readlinkat, symlinkat
 *     -a		fstatat, utimensat more; fchownat
 *   a directory	openat, mkdirat, openat, getdents64 ..., close, close
 *     -a		fstat, flistxattr, utimensat more; fchown, fchmod
 *
 * The last pushed is copied next: it is the warmest in the caches, and a deep
 * tree keeps fewer descriptors open than it would from the other end.  A tree
 * of few large directories keeps few threads busy, and is no floor.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "floor_copy.h"

/* What one getdents64 returns at most: as much as the C library asks for */
#define ENTRIES_SIZE 32768

enum { MAX_THREADS = 256 };

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

/* ---------------------------------------------------------------- stack */

static void push(struct dir *d)
{
	pthread_mutex_lock(&stack.lock);
	d->next = stack.top;
	stack.top = d;
	pthread_cond_signal(&stack.change);
	pthread_mutex_unlock(&stack.lock);
}

/* The caller, who was busy until now, ends it; NULL if all is done. */
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

/* -------------------------------------------------------------- entries */

/* For file systems that do not say so in the directory itself */
static unsigned char type_of(const struct dir *d, const char *name)
{
	struct stat st;

	check(fstatat(d->src, name, &st, AT_SYMLINK_NOFOLLOW), "stat", name);
	return IFTODT(st.st_mode);
}

static void copy_entry(const struct options *o, const struct dir *d, const struct entry *e,
		       char *buffer)
{
	const char *name = e->name;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return;
	switch (e->type == DT_UNKNOWN ? type_of(d, name) : e->type) {
	case DT_REG:
		copy_file(o, d, name, buffer);
		break;
	case DT_LNK:
		copy_symlink(o, d, name);
		break;
	case DT_DIR:
		push(make_dir(o, d, name, name));
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
	_Alignas(4096) char buffer[BUFFER_SIZE];
	const struct options *o = arg;
	struct dir *d;
	long n;

	while ((d = pop())) {
		while ((n = read_entries(d, entries)))
			for (long at = 0; at < n;) {
				const struct entry *e = (const void *)(entries + at);

				copy_entry(o, d, e, buffer);
				at += e->size;
			}
		end_dir(o, d);
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

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: floor [-a] [-w] [-t THREADS] SRC DST\n");
	exit(2);
}

/* Returns the number of threads. */
static int parse(int argc, char **argv, struct options *o)
{
	int threads = cores();
	int option;

	while ((option = getopt(argc, argv, "at:w")) != -1)
		switch (option) {
		case 'a':
			o->attributes = true;
			break;
		case 't':
			threads = atoi(optarg);
			break;
		case 'w':
			o->write = true;
			break;
		default:
			usage();
		}
	if (argc - optind != 2 || threads < 1)
		usage();
	return threads < MAX_THREADS ? threads : MAX_THREADS;
}

int main(int argc, char **argv)
{
	struct dir start = { .src = AT_FDCWD, .dst = AT_FDCWD };
	struct options o = { .attributes = false };
	pthread_t ids[MAX_THREADS];
	int threads = parse(argc, argv, &o);

	raise_descriptor_limit();
	copy_init(&o);
	push(make_dir(&o, &start, argv[optind], argv[optind + 1]));
	/* Every thread counts as busy until it first asks for work. */
	stack.busy = threads;
	for (int i = 1; i < threads; i++)
		if ((errno = pthread_create(&ids[i], NULL, copy_dirs, &o)))
			check(-1, "start", "a thread");
	copy_dirs(&o);
	for (int i = 1; i < threads; i++)
		pthread_join(ids[i], NULL);
	return 0;
}
