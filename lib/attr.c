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
 * minimal ACL that equals the mode removes that and sets the mode, at once.  ACLs are
 * copied as the extended attributes in which the kernel hands them out.
 *
 * File systems that have no ACLs, or modes and owners of their own, say so in many
 * ways.  What they refuse is lost only if something had to change: a source without an
 * ACL needs only its mode, and a mode that is right already needs no chmod(2).
 *
 * All is done through the descriptor of the destination, never through a name, which
 * might be another file's by now.
 */
#include <config.h>

#include "attr.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_LIBATTR
#include <attr/error_context.h>
#include <attr/libattr.h>
#endif

#include "libcopyfile.h"
#include "sys.h"

#define SPECIAL_BITS (S_ISUID | S_ISGID | S_ISVTX)
#define MODE_BITS (SPECIAL_BITS | 0777)

/* Bytes that are enough for the names of most files' attributes */
#define FEW_NAMES 512
/* Bytes that are enough for most values that are copied here, and for all (XATTR_SIZE_MAX) */
#define FEW_BYTES 1024
#define MOST_BYTES 65536

static const char selinux_name[] = "security.selinux";
static const char acl_prefix[] = "system.posix_acl_";
static const char acl_access[] = "system.posix_acl_access";
static const char acl_default[] = "system.posix_acl_default";

#define EXTENDED ((uint32_t)(COPYFILE_XATTR | COPYFILE_CONTEXT))

static_assert(COPYFILE_ATTRS == (COPYFILE_MODE | COPYFILE_OWNER | COPYFILE_TIMES |
				 COPYFILE_ACL | COPYFILE_XATTR | COPYFILE_CONTEXT),
	      "copy_all() knows each attribute");

mode_t cf_attr_create_mode(const struct stat *st, uint64_t flags, mode_t mode, bool inherits)
{
	/* Below a default ACL the kernel ignores the umask, and gives rights to more users. */
	bool narrow = flags & COPYFILE_OWNER || (flags & COPYFILE_GIVEN_MODE && inherits);

	if (!(flags & COPYFILE_GIVEN_MODE))
		mode = st->st_mode;
	if (!(flags & (COPYFILE_MODE | COPYFILE_ACL)))
		/* Nobody else may open it before it has its owner. */
		return mode & (narrow ? S_IRWXU : 0777);
	/* setxattr(2) asks for the right to write, not for a writable descriptor. */
	return (mode & S_IRWXU) | (flags & COPYFILE_XATTR ? S_IWUSR : 0);
}

/* Returns true if r says that the file system has no such thing, not that it has failed. */
static bool unsupported(int r)
{
	return r == -EOPNOTSUPP || r == -ENOSYS;
}

bool cf_attr_inherits(int dir, const char *name)
{
	ssize_t r = cf_getxattr_dir(dir, name, acl_default, NULL, 0);

	return r != -ENODATA && !unsupported(r);
}

/* Returns true if r says that the file system has no ACLs, for which there are more ways. */
static bool without_acls(int r)
{
	return unsupported(r) || r == -EINVAL || r == -EBUSY;
}

/* Returns true if r says that the caller may not give files away.  CIFS uses EACCES. */
static bool not_entitled(int r)
{
	return r == -EPERM || r == -EINVAL || r == -EACCES;
}

mode_t cf_attr_plain_mode(int fd, const struct stat *st)
{
	mode_t mode = st->st_mode & 0777, group = 0;
	unsigned char acl[FEW_BYTES];

	if (!(mode & S_IRWXG))
		return mode;
	ssize_t n = cf_getxattr(fd, true, acl_access, acl, sizeof acl);
	if (n == -ENODATA || without_acls(n))
		return mode;
	/* After the version entries of tag, perm and id; 0x04 is the tag of the group. */
	for (ssize_t i = 4; i + 8 <= n; i += 8)
		if (acl[i] == 0x04 && acl[i + 1] == 0)
			group = (acl[i + 2] & 7) << 3;
	return mode & (~(mode_t)S_IRWXG | group);
}

/*
 * Give dst mode.  Returns 0 or -errno; 0 also if chmod(2) fails, but dst has exactly that mode,
 * or with at_least all the rights in it.
 */
static int set_mode(const struct cf_attr *a, mode_t mode, bool at_least)
{
	struct stat st;
	int r = cf_chmod(a->dst, a->path, mode);

	if (r == 0 || cf_fstat(a->dst, &st) < 0)
		return r;
	mode_t have = st.st_mode & MODE_BITS;
	return have == mode || (at_least && !(mode & ~have)) ? 0 : r;
}

/* -------------------------------------------------------------- owner */

/*
 * Before the owner of dst changes, take all rights of others away.  *restore gets the mode
 * to return to where only the owner is carried over.
 */
static int narrow(const struct cf_attr *a, mode_t old, mode_t *restore)
{
	mode_t mode = old & a->st->st_mode & S_IRWXU;

	/* A directory may be in use meanwhile, and new files in it inherit its group. */
	if (S_ISDIR(old))
		mode = old & (SPECIAL_BITS | S_IRWXU);
	/* The rights of the owner need not be taken away. */
	if (!(old & MODE_BITS & ~mode & ~(mode_t)S_IRWXU))
		return 0;
	int r = cf_chmod(a->dst, a->path, mode);
	/* A new file is empty, and what is in a directory has modes of its own. */
	if (r < 0)
		return (a->created || S_ISDIR(old)) && (not_entitled(r) || unsupported(r)) ? 0 : r;
	/* chown(2) clears set-user-ID and set-group-ID of a file. */
	*restore = old & (S_ISDIR(old) ? MODE_BITS : 0777 | S_ISVTX);
	return 0;
}

/* Sets *foreign if dst does not end up with the owner and group of src. */
static int copy_owner(struct cf_attr *a, bool *foreign, mode_t *restore)
{
	const struct stat *st = a->st;
	struct stat old;
	int r = 0;

	*foreign = true;
	/* Since then only data was written; for that a server would have to be asked. */
	if (a->made)
		old = *a->made;
	else
		r = cf_fstat(a->dst, &old);
	if (r < 0)
		return r;
	if (old.st_uid == st->st_uid && old.st_gid == st->st_gid) {
		*foreign = false;
		return 0;
	}
	if (!S_ISLNK(old.st_mode))
		r = narrow(a, old.st_mode, restore);
	if (r < 0)
		return r;
	r = cf_chown(a->dst, a->path, st->st_uid, st->st_gid);
	/* Without privilege the group may still be ours to give. */
	if (not_entitled(r))
		(void)cf_chown(a->dst, a->path, -1, st->st_gid);
	*foreign = r < 0;
	return r;
}

/* -------------------------------------------------------------- xattr */

struct names {
	char *list;		/* NUL-separated; NULL: none */
	size_t size;
};

/* List the names of all extended attributes, ACLs included: by one call if they are few. */
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
		/* If the list has grown meanwhile, -ERANGE comes again. */
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

/* Copy the attribute called name, by system calls, without libattr. */
static int copy_value(const struct cf_attr *a, const char *name)
{
	char few[FEW_BYTES], *value = few, *more = NULL;
	ssize_t n = cf_getxattr(a->src, a->path, name, few, sizeof few);

	/* To ask for the length would not help: the value may change meanwhile. */
	if (n == -ERANGE) {
		value = more = malloc(MOST_BYTES);
		n = more ? cf_getxattr(a->src, a->path, name, more, MOST_BYTES) : -ENOMEM;
	}
	int r = n < 0 ? (int)n : cf_setxattr(a->dst, a->path, name, value, n);
	free(more);
	return r;
}

#ifdef HAVE_LIBATTR
/* Returns true unless name is a permission, as xattr.conf(5) tells, or the context. */
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

/* Call attr_copy_fd(), again if it was interrupted.  It goes on after a failure. */
static int copy_by_libattr(const struct cf_attr *a)
{
	int r = cf_sys_fault("attr_copy");

	if (r < 0)
		return r;
	do {
		errno = 0;
		r = attr_copy_fd("", a->src, "", a->dst, wanted, NULL);
	} while (r && errno == EINTR);
	return r ? (errno ? -errno : -EIO) : 0;
}

static int copy_xattr(const struct cf_attr *a, const struct names *names)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (!has_plain_xattr(names))
		return 0;
	pthread_once(&once, read_rules);
	if (!a->path)
		return copy_by_libattr(a);
	/* libattr's calls would take a name in /proc for a symlink. */
	for (size_t i = 0; i < names->size; i += strlen(names->list + i) + 1) {
		int r = wanted(names->list + i, NULL) ? copy_value(a, names->list + i) : 0;
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

/* Does what copy_xattr() does, also where the owner of dst has no right to write to it. */
static int copy_xattr_writable(const struct cf_attr *a, const struct names *names,
			       mode_t *restore)
{
	struct stat st;
	int r = copy_xattr(a, names);

	/* EPERM may be that of another attribute: libattr goes on, and returns the last one. */
	if ((r != -EACCES && r != -EPERM) || cf_fstat(a->dst, &st) < 0 || st.st_mode & S_IWUSR ||
	    cf_chmod(a->dst, a->path, (st.st_mode & MODE_BITS) | S_IWUSR) < 0)
		return r;
	if (*restore == (mode_t)-1)
		*restore = st.st_mode & MODE_BITS;
	return copy_xattr(a, names);
}

static int copy_context(const struct cf_attr *a, const struct names *names)
{
	return has_name(names, selinux_name) ? copy_value(a, selinux_name) : 0;
}

/* ------------------------------------------------------- mode and ACL */

/* Give dst the ACL that says the same as mode. */
static int set_minimal_acl(const struct cf_attr *a, mode_t mode)
{
	/* As in <linux/posix_acl_xattr.h>; the tags are those of owner, group, others. */
	const struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} entry[3];
	} acl = { htole32(2), {
		{ htole16(0x01), htole16(mode >> 6 & 7), htole32(-1) },
		{ htole16(0x04), htole16(mode >> 3 & 7), htole32(-1) },
		{ htole16(0x20), htole16(mode & 7), htole32(-1) },
	} };
	static_assert(sizeof acl == 4 + 3 * 8, "no padding in what the kernel gets");

	return cf_setxattr(a->dst, a->path, acl_access, &acl, sizeof acl);
}

/* Returns true if dst has no such ACL: to ask is cheaper than to remove it. */
static bool lacks(const struct cf_attr *a, const char *acl)
{
	return cf_getxattr(a->dst, a->path, acl, NULL, 0) == -ENODATA;
}

/* Removing an ACL of dst has failed with r.  Returns 0 if dst has none, else r. */
static int excuse(const struct cf_attr *a, const char *acl, int r)
{
	return unsupported(r) || cf_getxattr(a->dst, a->path, acl, NULL, 0) < 0 ? 0 : r;
}

/* New files inherit the default ACL of a directory; one that src lacks must not stay. */
static int copy_default_acl(const struct cf_attr *a, const struct names *names)
{
	if (has_name(names, acl_default))
		return copy_value(a, acl_default);
	if (lacks(a, acl_default))
		return 0;
	int r = cf_removexattr(a->dst, a->path, acl_default);
	return r == 0 || r == -ENODATA ? 0 : excuse(a, acl_default, r);
}

/* *ret_set is 0, or the -errno for which dst did not get the ACL. */
static int copy_access_acl(const struct cf_attr *a, mode_t mode, const struct names *names,
			   int *ret_set)
{
	int r = has_name(names, acl_access) ? copy_value(a, acl_access) : -ENODATA;
	bool minimal = r == -ENODATA;

	if (minimal)
		r = set_minimal_acl(a, mode);
	*ret_set = r;
	return r < 0 && minimal ? excuse(a, acl_access, r) : r;
}

/* Returns true if dst and src have no ACL, so that the mode is all there is. */
static bool has_only_mode(const struct cf_attr *a, const struct names *names)
{
	return !has_name(names, acl_access) && !has_name(names, acl_default) &&
	       lacks(a, acl_access);
}

static int copy_acl(const struct cf_attr *a, mode_t mode, const struct names *names)
{
	/* An ACL has no place for the special bits; what is not a new file may have some. */
	bool special = mode & SPECIAL_BITS || !a->created;
	int lost = 0, set = 0;

	if (S_ISLNK(a->st->st_mode))
		return 0;
	bool done = !a->created && has_only_mode(a, names) && set_mode(a, mode, false) == 0;
	if (!done)
		lost = copy_access_acl(a, mode, names, &set);
	int r = !done && (set < 0 || special) ? set_mode(a, mode, false) : 0;
	/* As with cp, a file system that has no ACLs is not expected to keep a default one. */
	if (r == 0 && !without_acls(set) && S_ISDIR(a->st->st_mode))
		r = copy_default_acl(a, names);
	return r < 0 ? r : lost;
}

/*
 * Give dst the mode that it was given, and no ACL.  widened: it has another mode than it was
 * made with.
 */
static int set_given_mode(const struct cf_attr *a, bool widened)
{
	/* In this case dst was made with the right mode. */
	if (!a->inherits && !widened && !a->exact && !(a->flags & COPYFILE_OWNER))
		return 0;
	int r = a->inherits ? cf_removexattr(a->dst, a->path, acl_access) : 0;
	if (r < 0 && r != -ENODATA)
		r = excuse(a, acl_access, r);
	int mask = r < 0 ? r : a->exact ? 0 : cf_umask();
	return mask < 0 ? mask : set_mode(a, a->mode & ~mask, false);
}

/* --------------------------------------------------------- all of them */

/* Returns r, the result of copying attribute bit; or 0 if a failure is only noted, with LENIENT. */
static int skip_if_lenient(struct cf_attr *a, uint32_t bit, int r)
{
	if (r == 0 || !(a->flags & COPYFILE_LENIENT))
		return r;
	/* Other attributes matter more to most callers than extended ones. */
	if (!a->skipped_error || !(a->skipped & ~EXTENDED))
		a->skipped_error = bit & EXTENDED && a->skipped_error ? a->skipped_error : r;
	a->skipped |= bit;
	return 0;
}

/*
 * After a failure, restore the mode that was changed while the copy was made; but not if
 * dst has its new owner already, and its new mode would have come after that.
 */
static void give_back(const struct cf_attr *a, mode_t restore, bool foreign)
{
	bool new_owner = a->flags & COPYFILE_OWNER && !foreign;

	if (restore != (mode_t)-1 && !(new_owner && a->flags & (COPYFILE_MODE | COPYFILE_ACL)))
		(void)set_mode(a, restore, true);
}

static int copy_times(const struct cf_attr *a)
{
	const struct timespec of_src[] = { a->st->st_atim, a->st->st_mtim };

	return cf_utimens(a->dst, a->path, a->times ? a->times : of_src);
}

static int copy_all(struct cf_attr *a, const struct names *names)
{
	const struct stat *st = a->st;
	mode_t mode = st->st_mode & MODE_BITS;
	mode_t restore = (mode_t)-1;
	bool foreign = false;
	int r = 0;

	if (a->flags & COPYFILE_OWNER && !a->as_made)
		r = skip_if_lenient(a, COPYFILE_OWNER, copy_owner(a, &foreign, &restore));
	if (foreign)
		mode &= ~SPECIAL_BITS;
	if (r == 0 && a->flags & COPYFILE_XATTR)
		r = skip_if_lenient(a, COPYFILE_XATTR, copy_xattr_writable(a, names, &restore));
	if (r == 0 && a->flags & COPYFILE_CONTEXT)
		r = skip_if_lenient(a, COPYFILE_CONTEXT, copy_context(a, names));
	if (r == 0 && a->flags & COPYFILE_TIMES)
		r = skip_if_lenient(a, COPYFILE_TIMES, copy_times(a));
	if (r < 0) {
		give_back(a, restore, foreign);
		return r;
	}
	if (a->as_made && restore == (mode_t)-1 && !has_name(names, acl_access))
		return 0;
	if (a->flags & COPYFILE_ACL)
		return skip_if_lenient(a, COPYFILE_ACL, copy_acl(a, mode, names));
	if (a->flags & COPYFILE_MODE)
		return S_ISLNK(st->st_mode) ? 0 :
		       skip_if_lenient(a, COPYFILE_MODE, set_mode(a, mode, false));
	if (a->created && a->flags & COPYFILE_GIVEN_MODE)
		return skip_if_lenient(a, COPYFILE_MODE, set_given_mode(a, restore != (mode_t)-1));
	/* The rights that cf_attr_create_mode() has left out */
	int mask = a->created && a->flags & COPYFILE_OWNER ? cf_umask() : 0;
	if (mask < 0)
		return skip_if_lenient(a, COPYFILE_MODE, mask);
	if (a->created && a->flags & COPYFILE_OWNER)
		restore = st->st_mode & 0777 & ~mask;
	if (restore != (mode_t)-1)
		return skip_if_lenient(a, COPYFILE_OWNER, set_mode(a, restore, true));
	return 0;
}

int cf_attr_copy(struct cf_attr *a)
{
	struct names names = { NULL, 0 };
	int r = 0;

	a->skipped = 0;
	a->skipped_error = 0;
	uint32_t named = a->flags & (EXTENDED | COPYFILE_ACL);
	if (named)
		r = list_names(a, &names);
	/* A file system that has no ACLs: it may have other attributes. */
	if (without_acls(r))
		named &= ~(uint32_t)COPYFILE_ACL;
	if (r < 0)
		r = named ? skip_if_lenient(a, named, r) : 0;
	if (r == 0)
		r = copy_all(a, &names);
	free(names.list);
	return r;
}
