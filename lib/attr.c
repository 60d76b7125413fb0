/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: each attribute is one function, "0 or -errno"; cf_attr_copy() calls
 * them in the only order that holds:
 *
 *   owner	first, restricting the mode before: at no moment may the file be
 *		open to somebody whom neither its old nor its new state admits.
 *		chown(2) clears set-id bits and capabilities, so those follow.
 *   xattr	before the mode, which may take the right to write.
 *   context	SELinux, as the extended attribute that it is.
 *   times	nothing after them changes them.
 *   mode	with the ACL, which is the mode in another notation: widened last.
 *
 * If the owner could not be set, set-user-ID, set-group-ID and sticky bits are
 * dropped: they would act for the wrong user.
 *
 * A destination may have inherited an ACL from its directory.  Giving it the
 * minimal ACL that equals the mode removes that and sets the mode, at once.
 */
#include <config.h>

#include "attr.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_LIBACL
#include <acl/libacl.h>
#include <sys/acl.h>
#endif
#ifdef HAVE_LIBATTR
#include <attr/error_context.h>
#include <attr/libattr.h>
#endif

#include "libcopyfile.h"
#include "sys.h"

#define SPECIAL_BITS (S_ISUID | S_ISGID | S_ISVTX)
#define MODE_BITS (SPECIAL_BITS | 0777)

/* Bytes for the names that files usually have */
#define FEW_NAMES 512

static const char selinux_name[] = "security.selinux";
static const char acl_prefix[] = "system.posix_acl_";

#define EXTENDED ((uint32_t)(COPYFILE_XATTR | COPYFILE_CONTEXT))

mode_t cf_attr_create_mode(const struct stat *st, uint64_t flags)
{
	if (!(flags & (COPYFILE_MODE | COPYFILE_ACL)))
		/* Until it has its owner, for no other */
		return st->st_mode & (flags & COPYFILE_OWNER ? S_IRWXU : 0777);
	/* setxattr(2) asks for the right to write, not for a writable descriptor. */
	return (st->st_mode & S_IRWXU) | (flags & COPYFILE_XATTR ? S_IWUSR : 0);
}

/* The file system has no such thing, which is not the same as failing. */
static bool unsupported(int r)
{
	return r == -EOPNOTSUPP || r == -ENOSYS;
}

/* -------------------------------------------------------------- owner */

/*
 * Sets *foreign if dst does not end up with the owner and group of src.
 * *restore gets the mode to return to where only the owner is carried over.
 */
static int copy_owner(struct cf_attr *a, bool *foreign, mode_t *restore)
{
	const struct stat *st = a->st;
	struct stat old;
	int r = cf_fstat(a->dst, &old);

	*foreign = true;
	if (r < 0)
		return r;
	if (old.st_uid == st->st_uid && old.st_gid == st->st_gid) {
		*foreign = false;
		return 0;
	}
	if (!S_ISLNK(old.st_mode)) {
		mode_t narrow = old.st_mode & st->st_mode & S_IRWXU;

		/* A directory is in use meanwhile, and hands its group on. */
		if (S_ISDIR(old.st_mode))
			narrow = old.st_mode & (SPECIAL_BITS | S_IRWXU);
		if (narrow != (old.st_mode & MODE_BITS)) {
			r = cf_chmod(a->dst, a->path, narrow);
			if (r < 0)
				return r;
		}
		/* As chown(2) leaves it: without set-user-ID and set-group-ID */
		*restore = old.st_mode & (0777 | S_ISVTX);
	}
	r = cf_chown(a->dst, a->path, st->st_uid, st->st_gid);
	/* Without privilege the group may still be ours to give. */
	if (r == -EPERM || r == -EINVAL)
		(void)cf_chown(a->dst, a->path, -1, st->st_gid);
	*foreign = r < 0;
	return r;
}

/* -------------------------------------------------------------- xattr */

struct names {
	char *list;		/* NUL-separated; NULL: none */
	size_t size;
};

/* All names of extended attributes, ACLs included, in one call if they are few. */
static int list_names(const struct cf_attr *a, struct names *ret)
{
	*ret = (struct names){ NULL, 0 };
	for (ssize_t room = FEW_NAMES;;) {
		char *list = malloc(room);

		if (!list)
			return -ENOMEM;
		ssize_t n = cf_listxattr(a->src, a->path, list, room);
		if (n > 0) {
			*ret = (struct names){ list, n };
			return 0;
		}
		free(list);
		if (n == -ERANGE)
			n = room = cf_listxattr(a->src, a->path, NULL, 0);
		/* If it has grown by then, once more. */
		if (n <= 0)
			return unsupported(n) ? 0 : (int)n;
	}
}

static bool has_name(const struct names *names, const char *prefix)
{
	size_t len = strlen(prefix);

	for (size_t i = 0; i < names->size; i += strlen(names->list + i) + 1)
		if (!strncmp(names->list + i, prefix, len))
			return true;
	return false;
}

static bool has_plain_xattr(const struct names *names)
{
	for (size_t i = 0; i < names->size; i += strlen(names->list + i) + 1)
		if (strncmp(names->list + i, acl_prefix, sizeof acl_prefix - 1) &&
		    strcmp(names->list + i, selinux_name))
			return true;
	return false;
}

#ifdef HAVE_LIBATTR
/* Not those that are permissions (xattr.conf(5) says which), nor the context. */
static int wanted(const char *name, struct error_context *ctx)
{
	return strcmp(name, selinux_name) && attr_copy_check_permissions(name, ctx);
}

/*
 * libattr reads its rules when it is first asked, with no lock (seen in 2.5.1): two threads
 * then lose what one has read.
 */
static void read_rules(void)
{
	(void)attr_copy_action("user.x", NULL);
}

/* What libattr cannot do: its calls take a name in /proc for a symlink. */
static int copy_one_xattr(const struct cf_attr *a, const char *name)
{
	ssize_t n = cf_getxattr(a->src, true, name, NULL, 0);
	char *value = NULL;

	if (n > 0) {
		value = malloc(n);
		n = value ? cf_getxattr(a->src, true, name, value, n) : -ENOMEM;
	}
	int r = n < 0 ? (int)n : cf_setxattr(a->dst, true, name, value, n);
	free(value);
	return r;
}

static int copy_xattr(const struct cf_attr *a, const struct names *names)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (!has_plain_xattr(names))
		return 0;
	pthread_once(&once, read_rules);
	if (!a->path) {
		int r = cf_sys_fault("attr_copy");

		if (r < 0)
			return r;
		errno = 0;
		r = attr_copy_fd("", a->src, "", a->dst, wanted, NULL);
		return r ? (errno ? -errno : -EIO) : 0;
	}
	for (size_t i = 0; i < names->size; i += strlen(names->list + i) + 1) {
		int r = wanted(names->list + i, NULL) ? copy_one_xattr(a, names->list + i) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}
#else
static int copy_xattr(const struct cf_attr *a, const struct names *names)
{
	(void)a;
	return has_plain_xattr(names) ? -EOPNOTSUPP : 0;
}
#endif

/* As copy_xattr(), also where the owner of dst has no right to write to it. */
static int copy_xattr_writable(const struct cf_attr *a, const struct names *names,
			       mode_t *restore)
{
	struct stat st;
	int r = copy_xattr(a, names);

	if (r != -EACCES || cf_fstat(a->dst, &st) < 0 || st.st_mode & S_IWUSR ||
	    cf_chmod(a->dst, a->path, (st.st_mode & MODE_BITS) | S_IWUSR) < 0)
		return r;
	if (*restore == (mode_t)-1)
		*restore = st.st_mode & MODE_BITS;
	return copy_xattr(a, names);
}

static int copy_context(const struct cf_attr *a, const struct names *names)
{
	char value[4096];	/* a context is at most a page */

	if (!has_name(names, selinux_name))
		return 0;
	ssize_t n = cf_getxattr(a->src, a->path, selinux_name, value, sizeof value);
	return n < 0 ? (int)n : cf_setxattr(a->dst, a->path, selinux_name, value, n);
}

/* ------------------------------------------------------- mode and ACL */

static int copy_mode(const struct cf_attr *a, mode_t mode)
{
	return S_ISLNK(a->st->st_mode) ? 0 : cf_chmod(a->dst, a->path, mode);
}

#ifdef HAVE_LIBACL
static acl_t get_acl(int fd, bool path, acl_type_t type)
{
	char name[CF_FD_PATH_MAX];

	if (!path && type == ACL_TYPE_ACCESS)
		return acl_get_fd(fd);
	cf_fd_path(fd, name);
	return acl_get_file(name, type);
}

static int set_acl(int fd, bool path, acl_type_t type, acl_t acl)
{
	char name[CF_FD_PATH_MAX];
	int r = cf_sys_fault("acl_set");

	if (r < 0)
		return r;
	if (!path && type == ACL_TYPE_ACCESS)
		return acl_set_fd(fd, acl) ? -errno : 0;
	cf_fd_path(fd, name);
	return acl_set_file(name, type, acl) ? -errno : 0;
}

/* A directory hands its default ACL on; one that src lacks must not stay. */
static int copy_default_acl(const struct cf_attr *a, const struct names *names)
{
	char name[CF_FD_PATH_MAX];
	int r;

	if (!has_name(names, "system.posix_acl_default")) {
		cf_fd_path(a->dst, name);
		r = acl_delete_def_file(name) ? -errno : 0;
		return unsupported(r) ? 0 : r;
	}
	acl_t acl = get_acl(a->src, a->path, ACL_TYPE_DEFAULT);
	if (!acl)
		return -errno;
	r = set_acl(a->dst, a->path, ACL_TYPE_DEFAULT, acl);
	acl_free(acl);
	return r;
}

static int copy_acl(const struct cf_attr *a, mode_t mode, const struct names *names)
{
	bool extended = has_name(names, "system.posix_acl_access");
	int r;

	if (S_ISLNK(a->st->st_mode))
		return 0;
	acl_t acl = extended ? get_acl(a->src, a->path, ACL_TYPE_ACCESS) : acl_from_mode(mode);
	if (!acl)
		return -errno;
	r = set_acl(a->dst, a->path, ACL_TYPE_ACCESS, acl);
	acl_free(acl);
	/* An ACL has no place for the special bits; nor has every file system for it. */
	int lost = r < 0 && (extended || !unsupported(r)) ? r : 0;
	bool plain = r < 0;
	if (plain || mode & SPECIAL_BITS)
		r = cf_chmod(a->dst, a->path, mode);
	if (r == 0 && !plain && S_ISDIR(a->st->st_mode))
		r = copy_default_acl(a, names);
	return r < 0 ? r : lost;
}
#else
static int copy_acl(const struct cf_attr *a, mode_t mode, const struct names *names)
{
	int r = copy_mode(a, mode);

	return r == 0 && has_name(names, acl_prefix) ? -EOPNOTSUPP : r;
}
#endif

/* --------------------------------------------------------- all of them */

/* Keep r, the result of copying attribute bit, by the rules of a->flags. */
static int settle(struct cf_attr *a, uint32_t bit, int r)
{
	if (r == 0 || !(a->flags & COPYFILE_LENIENT))
		return r;
	/* Few ask for extended attributes by name: what else there is goes before them. */
	if (!a->skipped_error || !(a->skipped & ~EXTENDED))
		a->skipped_error = bit & EXTENDED && a->skipped_error ? a->skipped_error : r;
	a->skipped |= bit;
	return 0;
}

static int copy_all(struct cf_attr *a, const struct names *names)
{
	const struct stat *st = a->st;
	mode_t mode = st->st_mode & MODE_BITS;
	mode_t restore = (mode_t)-1;
	bool foreign = false;
	int r = 0;

	if (a->flags & COPYFILE_OWNER)
		r = settle(a, COPYFILE_OWNER, copy_owner(a, &foreign, &restore));
	if (foreign)
		mode &= ~SPECIAL_BITS;
	if (r == 0 && a->flags & COPYFILE_XATTR)
		r = settle(a, COPYFILE_XATTR, copy_xattr_writable(a, names, &restore));
	if (r == 0 && a->flags & COPYFILE_CONTEXT)
		r = settle(a, COPYFILE_CONTEXT, copy_context(a, names));
	if (r == 0 && a->flags & COPYFILE_TIMES)
		r = settle(a, COPYFILE_TIMES,
			   cf_utimens(a->dst, a->path,
				      (struct timespec[]){ st->st_atim, st->st_mtim }));
	if (r < 0)
		return r;
	if (a->flags & COPYFILE_ACL)
		return settle(a, COPYFILE_ACL, copy_acl(a, mode, names));
	if (a->flags & COPYFILE_MODE)
		return settle(a, COPYFILE_MODE, copy_mode(a, mode));
	/* What cf_attr_create_mode() has left out */
	int mask = a->created && a->flags & COPYFILE_OWNER ? cf_umask() : 0;
	if (mask < 0)
		return settle(a, COPYFILE_MODE, mask);
	if (a->created && a->flags & COPYFILE_OWNER)
		restore = st->st_mode & 0777 & ~mask;
	if (restore != (mode_t)-1)
		return settle(a, COPYFILE_OWNER, cf_chmod(a->dst, a->path, restore));
	return 0;
}

int cf_attr_copy(struct cf_attr *a)
{
	struct names names = { NULL, 0 };
	int r = 0;

	a->skipped = 0;
	a->skipped_error = 0;
	if (a->flags & (COPYFILE_XATTR | COPYFILE_CONTEXT | COPYFILE_ACL))
		r = list_names(a, &names);
	if (r < 0)
		r = settle(a, a->flags & (COPYFILE_XATTR | COPYFILE_CONTEXT | COPYFILE_ACL), r);
	if (r == 0)
		r = copy_all(a, &names);
	free(names.list);
	return r;
}
