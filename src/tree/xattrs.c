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

/* The names of a file's attributes, each with a NUL after it */
struct list {
	char *names;
	size_t size;
	char few[FEW];		/* names, if that is enough */
};

/* Put the name of f for *xattr(2) into path.  Returns false, and sets errno, if it is too long. */
static bool path_of(const struct xattrs_file *f, char path[PATH_MAX])
{
	int n;

	if (f->fd == AT_FDCWD || *f->name == '/')
		n = snprintf(path, PATH_MAX, "%s", f->name);
	else
		n = snprintf(path, PATH_MAX, "/proc/self/fd/%d%s%s", f->fd, *f->name ? "/" : "",
			     f->name);
	errno = ENAMETOOLONG;
	return n >= 0 && n < PATH_MAX;
}

/* Returns true if that name may be a symlink, such as one of /proc, whose target is meant. */
static bool is_followed(const struct xattrs_file *f)
{
	return f->follow || !*f->name;
}

/* As list_into(), by listxattrat(2). */
static ssize_t list_at(const struct xattrs_file *f, char *buf, size_t size)
{
	int flags = !*f->name ? AT_EMPTY_PATH : f->follow ? 0 : AT_SYMLINK_NOFOLLOW;

	return RETRY(syscall(NR_LISTXATTRAT, f->fd, f->name, flags, buf, size));
}

static ssize_t list_into(const struct xattrs_file *f, char *buf, size_t size)
{
	static atomic_bool missing;
	char path[PATH_MAX];

	if (!relaxed_get(missing)) {
		ssize_t n = list_at(f, buf, size);

		/* It does not take an O_PATH descriptor, where there is no name. */
		if (n >= 0 || (errno != ENOSYS && errno != EPERM && errno != EBADF))
			return n;
		/* There are sandboxes that refuse with EPERM what they do not know. */
		if (errno != EBADF)
			relaxed_set(missing, true);
	}
	if (!path_of(f, path))
		return -1;
	return is_followed(f) ? RETRY(listxattr(path, buf, size)) :
				RETRY(llistxattr(path, buf, size));
}

static ssize_t get(const struct xattrs_file *f, const char *name, char *buf, size_t size)
{
	char path[PATH_MAX];

	if (!path_of(f, path))
		return -1;
	return is_followed(f) ? RETRY(getxattr(path, name, buf, size)) :
				RETRY(lgetxattr(path, name, buf, size));
}

static int remove_one(const struct xattrs_file *f, const char *name)
{
	char path[PATH_MAX];

	if (!path_of(f, path))
		return -1;
	return is_followed(f) ? RETRY(removexattr(path, name)) :
				RETRY(lremovexattr(path, name));
}

/* List the attributes of f.  Returns 0 or an errno value; the caller calls list_fini(). */
static int list_init(struct list *l, const struct xattrs_file *f)
{
	l->names = l->few;
	l->size = 0;
	ssize_t n = list_into(f, l->few, sizeof l->few);
	if (n < 0 && errno == ERANGE) {
		l->names = xmalloc(MOST);
		n = list_into(f, l->names, MOST);
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

static bool same_value(const struct xattrs_file *a, const struct xattrs_file *b, const char *name)
{
	char *x = xmalloc(MOST), *y = xmalloc(MOST);
	ssize_t n = get(a, name, x, MOST), m = get(b, name, y, MOST);
	bool same = n >= 0 && n == m && !memcmp(x, y, n);

	free(x);
	free(y);
	return same;
}

static bool same_lists(const struct xattrs_file *a, const struct list *in_a,
		       const struct xattrs_file *b, const struct list *in_b,
		       struct xattrs_kinds kinds)
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
	struct list in_a, in_b;

	if (!kinds.acl && !kinds.plain)
		return true;
	int err = list_init(&in_a, a), err_b = list_init(&in_b, b);
	bool same = !err && !err_b && same_lists(a, &in_a, b, &in_b, kinds);
	list_fini(&in_a);
	list_fini(&in_b);
	return same;
}

int xattrs_trim(const struct xattrs_file *src, const struct xattrs_file *dst)
{
	struct list has, wants;
	int first = 0;

	int err = list_init(&wants, src), err_dst = list_init(&has, dst);

	for (const char *n = NULL; !err && !err_dst && (n = list_next(&has, n));) {
		if (!is_plain(n) || list_has(&wants, n))
			continue;
		if (remove_one(dst, n) < 0 && errno != ENODATA && !first)
			first = errno;
	}
	list_fini(&has);
	list_fini(&wants);
	return err ? err : err_dst ? err_dst : first;
}
