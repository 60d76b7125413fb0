/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: the fewest system calls for each kind of entry.  With -a a file is made with the
 * mode of its source, so that only the bits that write(2) and chown(2) take away cost a call;
 * and an owner costs one only if it is not the owner of this process.
 *
 * Inodes with several names are found again by their number, in a tree.  The first name is
 * made under the tree's lock, so that the second can be linked to it, copied or not.
 */
#include <config.h>

#include "floor_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The names of a file's attributes, and the value of one: as much as Linux allows */
#define XATTR_SIZE 65536

static uid_t own_uid;
static gid_t own_gid;

/* An inode with several names */
struct link {
	dev_t dev;
	ino_t ino;
	char *path;			/* of its copy */
};

static struct {
	pthread_mutex_t lock;
	void *tree;
} links = { .lock = PTHREAD_MUTEX_INITIALIZER };

long check(long r, const char *what, const char *name)
{
	if (r >= 0)
		return r;
	fprintf(stderr, "floor: %s: %s: %s\n", name, what, strerror(errno));
	exit(1);
}

static void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void copy_init(const struct options *o)
{
	own_uid = geteuid();
	own_gid = getegid();
	if (o->attributes)
		umask(0);
}

/* ----------------------------------------------------------- attributes */

static bool other_owner(const struct stat *st)
{
	return st->st_uid != own_uid || st->st_gid != own_gid;
}

static void copy_xattr(int src, int dst, const char *attr, const char *name)
{
	char value[XATTR_SIZE];
	ssize_t n = check(fgetxattr(src, attr, value, sizeof value), "getxattr", name);

	check(fsetxattr(dst, attr, value, n, 0), "setxattr", name);
}

static void copy_xattrs(int src, int dst, const char *name)
{
	char list[XATTR_SIZE];
	ssize_t n = flistxattr(src, list, sizeof list);

	if (n < 0 && errno == EOPNOTSUPP)
		return;
	check(n, "listxattr", name);
	for (const char *attr = list; attr < list + n; attr += strlen(attr) + 1)
		copy_xattr(src, dst, attr, name);
}

/* with_mode: dst has been made with another mode, or has lost bits of it by now. */
static void copy_attributes(int src, int dst, const struct stat *st, bool with_mode,
			    const char *name)
{
	copy_xattrs(src, dst, name);
	if (other_owner(st))
		check(fchown(dst, st->st_uid, st->st_gid), "chown", name);
	if (with_mode)
		check(fchmod(dst, st->st_mode & 07777), "chmod", name);
	check(futimens(dst, (struct timespec[]){ st->st_atim, st->st_mtim }), "utimens", name);
}

/* ---------------------------------------------------------------- links */

static char *path_in(const struct dir *d, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", d->path, name) < 0)
		abort();
	return path;
}

static int compare(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return (x->dev > y->dev) - (x->dev < y->dev);
}

/* Returns the inode st, whose path is NULL if it is new. */
static struct link *find_link_locked(const struct stat *st)
{
	struct link key = { .dev = st->st_dev, .ino = st->st_ino };
	struct link **found = tfind(&key, &links.tree, compare);

	if (found)
		return *found;
	struct link *k = need(malloc(sizeof *k));
	*k = key;
	need(tsearch(k, &links.tree, compare));
	return k;
}

static int create(const struct dir *d, const char *name, const struct stat *st)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL;

	return check(openat(d->dst, name, flags, st->st_mode & 0777), "create", name);
}

/* Returns the new file, or -1 if the name has become one of a copy. */
static int create_or_link(const struct dir *d, const char *name, const struct stat *st)
{
	int dst = -1;

	pthread_mutex_lock(&links.lock);
	struct link *k = find_link_locked(st);
	if (k->path) {
		check(linkat(AT_FDCWD, k->path, d->dst, name, 0), "link", name);
	} else {
		dst = create(d, name, st);
		k->path = path_in(d, name);
	}
	pthread_mutex_unlock(&links.lock);
	return dst;
}

/* ---------------------------------------------------------------- files */

static void copy_in_kernel(int src, int dst, off_t size, const char *name)
{
	for (off_t left = size; left > 0;) {
		ssize_t n = copy_file_range(src, NULL, dst, NULL, left, 0);

		/* 0: it has shrunk, or is one of those in /proc. */
		if (check(n, "copy", name) == 0)
			break;
		left -= n;
	}
}

/* A read that brings less than it might is the last one. */
static void copy_through(char *buffer, int src, int dst, off_t size, const char *name)
{
	ssize_t n = BUFFER_SIZE;

	for (off_t left = size; left > 0 && n == BUFFER_SIZE; left -= n) {
		n = check(read(src, buffer, BUFFER_SIZE), "read", name);
		if (check(write(dst, buffer, n), "write", name) != n) {
			errno = ENOSPC;
			check(-1, "write", name);
		}
	}
}

void copy_file(const struct options *o, const struct dir *d, const char *name, char *buffer)
{
	int src = check(openat(d->src, name, O_RDONLY | O_NOFOLLOW), "open", name);
	struct stat st;

	check(fstat(src, &st), "stat", name);
	bool several = o->attributes && st.st_nlink > 1;
	int dst = several ? create_or_link(d, name, &st) : create(d, name, &st);
	if (dst >= 0) {
		if (o->write)
			copy_through(buffer, src, dst, st.st_size, name);
		else
			copy_in_kernel(src, dst, st.st_size, name);
		if (o->attributes)
			copy_attributes(src, dst, &st, st.st_mode & 07000, name);
		check(close(dst), "close", name);
	}
	close(src);
}

void copy_symlink(const struct options *o, const struct dir *d, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(d->src, name, target, sizeof target - 1);
	struct stat st;

	target[check(n, "readlink", name)] = '\0';
	check(symlinkat(target, d->dst, name), "symlink", name);
	if (!o->attributes)
		return;
	check(fstatat(d->src, name, &st, AT_SYMLINK_NOFOLLOW), "stat", name);
	if (other_owner(&st))
		check(fchownat(d->dst, name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW),
		      "chown", name);
	check(utimensat(d->dst, name, (struct timespec[]){ st.st_atim, st.st_mtim },
			AT_SYMLINK_NOFOLLOW), "utimens", name);
}

/* ---------------------------------------------------------- directories */

/* While d is being filled it can be searched and written, whatever its mode will be. */
struct dir *make_dir(const struct options *o, const struct dir *parent, const char *src,
		     const char *dst)
{
	struct dir *d = need(calloc(1, sizeof *d));
	mode_t mode = 0777;

	d->src = check(openat(parent->src, src, O_RDONLY | O_DIRECTORY), "open", src);
	if (o->attributes) {
		check(fstat(d->src, &d->st), "stat", src);
		mode = (d->st.st_mode & 0777) | 0700;
		d->path = parent->path ? path_in(parent, dst) : need(strdup(dst));
	}
	check(mkdirat(parent->dst, dst, mode), "mkdir", dst);
	d->dst = check(openat(parent->dst, dst, O_RDONLY | O_DIRECTORY), "open", dst);
	return d;
}

/* The directories in d are there, if not filled yet: nothing changes d's time after this. */
void end_dir(const struct options *o, struct dir *d)
{
	bool with_mode = (d->st.st_mode & 07700) != 0700;

	if (o->attributes)
		copy_attributes(d->src, d->dst, &d->st, with_mode, "a directory");
	close(d->src);
	close(d->dst);
	free(d->path);
	free(d);
}
