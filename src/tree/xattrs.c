/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: most files have no extended attributes, and one call for each file shows that.  Since
 * Linux 6.13 there is one that takes a directory descriptor.  Otherwise the directory is named
 * by /proc/self/fd, which takes twice the time, and nothing has to be opened either.  Without
 * /proc all files differ, as far as can be seen.
 *
 * Attributes that the kernel or a server makes (security.ima, system.nfs4_acl) are neither
 * compared nor removed: a copy cannot have them otherwise.
 */
#include <config.h>

#include "tree/xattrs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/relaxed.h"
#include "base/retry.h"
#include "xalloc.h"

/* Room for the names and the values that files usually have, and for the most they may have */
#define FEW 1024
#define MOST 65536

/* The number of listxattrat(2), which may be missing from the headers; the same everywhere */
#ifdef SYS_listxattrat
#define NR_LISTXATTRAT SYS_listxattrat
#else
#define NR_LISTXATTRAT 465
#endif

/* A file, and its name for *xattr(2) */
struct path {
	const struct xattrs_file *file;
	char name[PATH_MAX];
	bool follow;
};

/* The names of a file's attributes, each with a NUL after it */
struct list {
	char *names;
	size_t size;
	char few[FEW];		/* names, if that is enough */
};

/* Returns false if the name is too long. */
static bool path_of(const struct xattrs_file *f, struct path *ret)
{
	int n;

	ret->file = f;
	ret->follow = f->follow || !*f->name;
	if (f->fd == AT_FDCWD || *f->name == '/')
		n = snprintf(ret->name, sizeof ret->name, "%s", f->name);
	else
		n = snprintf(ret->name, sizeof ret->name, "/proc/self/fd/%d%s%s", f->fd,
			     *f->name ? "/" : "", f->name);
	return n >= 0 && (size_t)n < sizeof ret->name;
}

/* As list_into(), by listxattrat(2). */
static ssize_t list_at(const struct xattrs_file *f, char *buf, size_t size)
{
	int flags = !*f->name ? AT_EMPTY_PATH : f->follow ? 0 : AT_SYMLINK_NOFOLLOW;

	return RETRY(syscall(NR_LISTXATTRAT, f->fd, f->name, flags, buf, size));
}

static ssize_t list_into(const struct path *path, char *buf, size_t size)
{
	static atomic_bool missing;

	if (!relaxed_get(missing)) {
		ssize_t n = list_at(path->file, buf, size);

		/* It does not take an O_PATH descriptor, where there is no name. */
		if (n >= 0 || (errno != ENOSYS && errno != EPERM && errno != EBADF))
			return n;
		/* There are sandboxes that refuse with EPERM what they do not know. */
		if (errno != EBADF)
			relaxed_set(missing, true);
	}
	return path->follow ? RETRY(listxattr(path->name, buf, size)) :
			      RETRY(llistxattr(path->name, buf, size));
}

static ssize_t get(const struct path *path, const char *name, char *buf, size_t size)
{
	return path->follow ? RETRY(getxattr(path->name, name, buf, size)) :
			      RETRY(lgetxattr(path->name, name, buf, size));
}

/* List the attributes of path.  Returns 0 or an errno value; the caller calls list_fini(). */
static int list_init(struct list *l, const struct path *path)
{
	*l = (struct list){ .names = l->few };
	ssize_t n = list_into(path, l->few, sizeof l->few);
	if (n < 0 && errno == ERANGE) {
		l->names = xmalloc(MOST);
		n = list_into(path, l->names, MOST);
	}
	if (n >= 0)
		l->size = n;
	return n >= 0 || errno == EOPNOTSUPP || errno == ENOSYS ? 0 : errno;
}

static void list_fini(struct list *l)
{
	if (l->names != l->few)
		free(l->names);
}

/* Returns the name after this one, the first if it is NULL; NULL after the last. */
static const char *list_next(const struct list *l, const char *name)
{
	const char *next = name ? name + strlen(name) + 1 : l->names;

	return next < l->names + l->size ? next : NULL;
}

static bool list_has(const struct list *l, const char *name)
{
	for (const char *n = NULL; (n = list_next(l, n));)
		if (!strcmp(n, name))
			return true;
	return false;
}

static bool begins_with(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static bool is_plain(const char *name)
{
	return begins_with(name, "user.") || begins_with(name, "trusted.") ||
	       !strcmp(name, "security.capability");
}

static bool is_of_kind(const char *name, struct xattrs_kinds kinds)
{
	return (kinds.acl && begins_with(name, "system.posix_acl_")) ||
	       (kinds.plain && is_plain(name));
}

static size_t count_of_kind(const struct list *l, struct xattrs_kinds kinds)
{
	size_t count = 0;

	for (const char *name = NULL; (name = list_next(l, name));)
		count += is_of_kind(name, kinds);
	return count;
}

static bool same_value(const struct path *a, const struct path *b, const char *name)
{
	char *x = xmalloc(MOST), *y = xmalloc(MOST);
	ssize_t n = get(a, name, x, MOST), m = get(b, name, y, MOST);
	bool same = n >= 0 && n == m && !memcmp(x, y, n);

	free(x);
	free(y);
	return same;
}

static bool same_lists(const struct path *a, const struct list *in_a, const struct path *b,
		       const struct list *in_b, struct xattrs_kinds kinds)
{
	if (count_of_kind(in_a, kinds) != count_of_kind(in_b, kinds))
		return false;
	for (const char *name = NULL; (name = list_next(in_a, name));)
		if (is_of_kind(name, kinds) && !same_value(a, b, name))
			return false;
	return true;
}

bool xattrs_same(const struct xattrs_file *a, const struct xattrs_file *b,
		 struct xattrs_kinds kinds)
{
	struct path a_path, b_path;
	struct list in_a, in_b;

	if (!kinds.acl && !kinds.plain)
		return true;
	if (!path_of(a, &a_path) || !path_of(b, &b_path))
		return false;
	int err = list_init(&in_a, &a_path), err_b = list_init(&in_b, &b_path);
	bool same = !err && !err_b && same_lists(&a_path, &in_a, &b_path, &in_b, kinds);
	list_fini(&in_a);
	list_fini(&in_b);
	return same;
}

int xattrs_trim(const struct xattrs_file *src, const struct xattrs_file *dst)
{
	struct path src_path, dst_path;
	struct list has, wants;
	int first = 0;

	if (!path_of(src, &src_path) || !path_of(dst, &dst_path))
		return ENAMETOOLONG;
	int err = list_init(&wants, &src_path), err_dst = list_init(&has, &dst_path);
	for (const char *n = NULL; !err && !err_dst && (n = list_next(&has, n));) {
		if (!is_plain(n) || list_has(&wants, n))
			continue;
		int r = dst_path.follow ? RETRY(removexattr(dst_path.name, n)) :
					  RETRY(lremovexattr(dst_path.name, n));
		if (r < 0 && errno != ENODATA && !first)
			first = errno;
	}
	list_fini(&has);
	list_fini(&wants);
	return err ? err : err_dst ? err_dst : first;
}
