/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attributes: each is carried over exactly, or the copy fails, or it is given
 * up where that was allowed; and a file that could not be given its owner is
 * not left set-user-ID.
 *
 * Much of this takes root.  What an ordinary user sees is tried in a child
 * that gives up its identity.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <grp.h>
#include <sys/xattr.h>

#include "scratch.h"
#include "tap.h"

#define NOBODY 65534

static bool root;

static unsigned int
mode_of(const char *name)
{
	return stat_of(name).st_mode & 07777;
}

static void
fresh(const char *name, mode_t mode)
{
	put_text(name, "contents");
	if (chmod(name, mode) != 0)
		bail_out("chmod: %s", strerror(errno));
}

/* ---- Permission bits ---- */

static void
test_mode(unsigned long how, const char *name)
{
	static const mode_t modes[] = {
		0644, 0600, 0400, 0444, 0000, 0777, 0755, 04755, 02755, 06755, 01644, 07777,
	};
	unsigned int i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if ((modes[i] & 0400) == 0 && !root)
			continue;
		fresh("src", modes[i]);
		umask(077);
		is_int(copy("src", "dst", how | COPYFILE_MODE), 0, "%s: MODE %04o", name,
		       modes[i]);
		is_int(mode_of("dst"), modes[i], "%s: %04o as it was, umask or not", name,
		       modes[i]);
		drop("dst");
		umask(027);
		is_int(copy("src", "dst", how), 0, "%s: default, %04o", name, modes[i]);
		is_int(mode_of("dst"), modes[i] & 0777 & ~027u,
		       "%s: %04o under the umask, without special bits", name, modes[i]);
		drop("dst");
		umask(022);
	}

	/* An existing file keeps its mode unless asked */
	fresh("src", 0755);
	fresh("dst", 0600);
	is_int(copy("src", "dst", how | COPYFILE_TRUNCATE), 0, "%s: TRUNCATE", name);
	is_int(mode_of("dst"), 0600, "%s: the mode stays", name);
	is_int(copy("src", "dst", how | COPYFILE_TRUNCATE | COPYFILE_MODE), 0,
	       "%s: TRUNCATE|MODE", name);
	is_int(mode_of("dst"), 0755, "%s: the mode is copied", name);
	drop("dst");
	drop("src");
}

/* What any new file has, whatever the source's mode is */
static void
test_plain_mode(unsigned long how, const char *name)
{
	static const mode_t masks[] = { 0, 022, 027, 077, 0777 };
	static const char *const names[] = { "dst", "./dst" };
	unsigned long flags = how | COPYFILE_PLAIN_MODE;
	unsigned int i;

	fresh("src", 04711);
	for (i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		umask(masks[i]);
		is_int(copy("src", names[i % 2], flags), 0, "%s: PLAIN_MODE", name);
		is_int(mode_of("dst"), 0666 & ~masks[i], "%s: under the umask %03o", name,
		       masks[i]);
		drop("dst");
	}
	umask(022);
	is_int(copy("src", "dst", flags | COPYFILE_REPLACE), 0, "%s: PLAIN_MODE|REPLACE", name);
	is_int(mode_of("dst"), 0644, "%s: the new one's mode", name);
	drop("dst");
	fresh("dst", 0600);
	is_int(copy("src", "dst", flags | COPYFILE_TRUNCATE), 0, "%s: PLAIN_MODE|TRUNCATE", name);
	is_int(mode_of("dst"), 0600, "%s: the mode of what was there stays", name);
	drop("dst");
	if (root) {
		if (chown("src", 12345, 54321) != 0)
			bail_out("chown: %s", strerror(errno));
		is_int(copy("src", "dst", flags | COPYFILE_OWNER), 0, "%s: PLAIN_MODE|OWNER", name);
		is_int(mode_of("dst"), 0644, "%s: the mode, with another owner", name);
		is_int(stat_of("dst").st_uid, 12345, "%s: which it has", name);
		drop("dst");
	} else
		skip(3, "only root can give files away");
	drop("src");
}

/* ---- Owner and group ---- */

static void
test_owner(unsigned long how, const char *name)
{
	struct stat st;

	if (!root) {
		skip(8, "only root can give files away");
		return;
	}
	fresh("src", 0640);
	if (chown("src", 12345, 54321) != 0 || chmod("src", 06750) != 0)
		bail_out("chown: %s", strerror(errno));
	is_int(copy("src", "dst", how | COPYFILE_OWNER | COPYFILE_MODE), 0, "%s: OWNER|MODE",
	       name);
	st = stat_of("dst");
	is_int(st.st_uid, 12345, "%s: the owner", name);
	is_int(st.st_gid, 54321, "%s: the group", name);
	is_int(st.st_mode & 07777, 06750, "%s: set-id bits survive the change of owner", name);
	drop("dst");

	is_int(copy("src", "dst", how | COPYFILE_OWNER), 0, "%s: OWNER alone", name);
	st = stat_of("dst");
	ok(st.st_uid == 12345 && st.st_gid == 54321, "%s: owner and group", name);
	is_int(st.st_mode & 07777, 0750, "%s: the mode under the umask", name);
	drop("dst");

	if (symlink("src", "link") != 0 || lchown("link", 77, 88) != 0)
		bail_out("lchown: %s", strerror(errno));
	is_int(copy("link", "dst", how | COPYFILE_OWNER | COPYFILE_NOFOLLOW), 0,
	       "%s: OWNER of a symlink", name);
	st = stat_of("dst");
	ok(S_ISLNK(st.st_mode) && st.st_uid == 77 && st.st_gid == 88,
	   "%s: the link's own", name);
	is_int(stat_of("src").st_uid, 12345, "%s: its target is left alone", name);
	drop("link");
	drop("dst");
	drop("src");
}

/* ---- Times ---- */

static void
test_times(unsigned long how, const char *name)
{
	static const struct timespec moments[][2] = {
		{ { 1000000000, 123456789 }, { 1200000000, 987654321 } },
		{ { 0, 1 },                  { 1, 999999999 } },
		{ { -1000, 500000000 },      { -86400, 1 } },
		{ { 4102444800, 7 },         { 4102444801, 8 } },
	};
	struct stat want, got;
	unsigned int i;

	for (i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		put_pattern("src", 50000, i);
		if (utimensat(AT_FDCWD, "src", moments[i], 0) != 0) {
			skip(3, "no such time here: %s", strerror(errno));
			continue;
		}
		want = stat_of("src");	/* as this file system rounds them */
		is_int(copy("src", "dst", how | COPYFILE_TIMES | COPYFILE_MODE), 0, "%s: TIMES",
		       name);
		got = stat_of("dst");
		ok(got.st_mtim.tv_sec == want.st_mtim.tv_sec
		   && got.st_mtim.tv_nsec == want.st_mtim.tv_nsec,
		   "%s: modification time %lld to the nanosecond", name,
		   (long long)want.st_mtim.tv_sec);
		ok(got.st_atim.tv_sec == want.st_atim.tv_sec
		   && got.st_atim.tv_nsec == want.st_atim.tv_nsec,
		   "%s: access time, from before the copy", name);
		drop("dst");
	}

	if (symlink("src", "link") != 0
	    || utimensat(AT_FDCWD, "link", moments[0], AT_SYMLINK_NOFOLLOW) != 0)
		bail_out("link: %s", strerror(errno));
	want = stat_of("link");
	is_int(copy("link", "dst", how | COPYFILE_TIMES | COPYFILE_NOFOLLOW), 0,
	       "%s: TIMES of a symlink", name);
	got = stat_of("dst");
	ok(got.st_mtim.tv_sec == want.st_mtim.tv_sec
	   && got.st_mtim.tv_nsec == want.st_mtim.tv_nsec, "%s: the link's own", name);
	drop("link");
	drop("dst");
	drop("src");
}

/* ---- ACLs, in the form that the kernel keeps them in ---- */

#define ACL_ACCESS  "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"

struct acl_entry {
	uint16_t tag, perm;	/* little-endian, as below */
	uint32_t id;
};

struct acl {
	uint32_t version;
	struct acl_entry entry[5];
};

/* user::rw- user:UID:rwx group::r-- mask::rwx other::r-- */
static struct acl
make_acl(uint32_t uid)
{
	struct acl acl = { 2, {
		{ 0x01, 6, 0xffffffff }, { 0x02, 7, uid }, { 0x04, 4, 0xffffffff },
		{ 0x10, 7, 0xffffffff }, { 0x20, 4, 0xffffffff },
	} };

	return acl;
}

static bool
set_acl(const char *name, const char *which, uint32_t uid)
{
	struct acl acl = make_acl(uid);

	return setxattr(name, which, &acl, sizeof(acl), 0) == 0;
}

/* user::rw- group::rw- other::rw- */
static bool
set_least_acl(const char *name, const char *which)
{
	struct acl acl = { 2, {
		{ 0x01, 6, 0xffffffff }, { 0x04, 6, 0xffffffff }, { 0x20, 6, 0xffffffff },
	} };

	return setxattr(name, which, &acl, 4 + 3 * sizeof(acl.entry[0]), 0) == 0;
}

static bool
has_acl(const char *name, const char *which, uint32_t uid)
{
	struct acl acl = make_acl(uid), got;

	return getxattr(name, which, &got, sizeof(got)) == sizeof(got)
	       && memcmp(&acl, &got, sizeof(acl)) == 0;
}

static bool
has_any_acl(const char *name)
{
	return getxattr(name, ACL_ACCESS, NULL, 0) > 0;
}

static void
test_acl(unsigned long how, const char *name)
{
	fresh("src", 0644);
	mkdir("plain", 0755);
	mkdir("inherit", 0755);
	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__) {
		skip(16, "this test knows little-endian ACLs only");
		goto out;
	}
	if (!set_acl("src", ACL_ACCESS, 4321) || !set_acl("inherit", ACL_DEFAULT, 1234)) {
		skip(16, "no ACLs here: %s", strerror(errno));
		goto out;
	}
	is_int(copy("src", "plain/dst", how | COPYFILE_ACL), 0, "%s: ACL", name);
	ok(has_acl("plain/dst", ACL_ACCESS, 4321), "%s: is the same", name);
	is_int(copy("src", "inherit/dst", how | COPYFILE_ACL), 0,
	       "%s: ACL, into a directory with a default one", name);
	ok(has_acl("inherit/dst", ACL_ACCESS, 4321), "%s: is the source's", name);
	drop("inherit/dst");
	is_int(copy("src", "plain/dst", how | COPYFILE_REPLACE), 0, "%s: no ACL asked for",
	       name);
	ok(!has_any_acl("plain/dst"), "%s: none is copied", name);
	drop("plain/dst");

	/* A source without one: what the directory gave is taken away */
	fresh("src", 0640);
	is_int(copy("src", "inherit/dst", how | COPYFILE_ACL | COPYFILE_MODE), 0,
	       "%s: MODE|ACL of a file without ACL, into such a directory", name);
	ok(!has_any_acl("inherit/dst"), "%s: the inherited one is removed", name);
	is_int(mode_of("inherit/dst"), 0640, "%s: the mode is the source's", name);
	drop("inherit/dst");

	/* The mode of any file, and no ACL; the directory may have the least of ACLs */
	is_int(copy("src", "inherit/dst", how | COPYFILE_PLAIN_MODE), 0,
	       "%s: PLAIN_MODE, into such a directory", name);
	ok(!has_any_acl("inherit/dst"), "%s: the inherited one is removed", name);
	is_int(mode_of("inherit/dst"), 0644, "%s: the mode is that under the umask", name);
	drop("inherit/dst");
	if (!set_least_acl("inherit", ACL_DEFAULT))
		bail_out("ACL: %s", strerror(errno));
	is_int(copy("src", "inherit/dst", how | COPYFILE_PLAIN_MODE), 0,
	       "%s: PLAIN_MODE, where the default ACL is no more than a mode", name);
	is_int(mode_of("inherit/dst"), 0644, "%s: not that mode", name);
	drop("inherit/dst");

	/* Directories have two */
	if (!set_acl("plain", ACL_DEFAULT, 999) || !set_acl("plain", ACL_ACCESS, 998))
		bail_out("ACL: %s", strerror(errno));
	mkdir("dir", 0700);
	is_int(copy("plain", "dir", how | COPYFILE_ATTRS_ONLY | COPYFILE_ACL), 0,
	       "%s: ATTRS_ONLY|ACL of a directory", name);
	ok(has_acl("dir", ACL_DEFAULT, 999) && has_acl("dir", ACL_ACCESS, 998),
	   "%s: both of its ACLs", name);
	drop("dir");
out:
	remove_tree("plain");
	remove_tree("inherit");
	drop("src");
}

/* ---- Extended attributes ---- */

static bool
has_xattr(const char *file, const char *attr, const char *value, size_t size)
{
	char got[5000];

	return getxattr(file, attr, got, sizeof(got)) == (ssize_t)size
	       && memcmp(got, value, size) == 0;
}

static void
test_xattr(unsigned long how, const char *name)
{
	/* cap_net_raw+ep, as struct vfs_cap_data revision 2 */
	static const char capability[20] = { 1, 0, 0, 2, 0, 0x20 };
	char large[2000];

	fresh("src", 0755);
	memset(large, 'x', sizeof(large));
#ifndef HAVE_LIBATTR
	skip(10, "built without libattr");
	return;
#endif
	if (setxattr("src", "user.one", "1", 1, 0) != 0
	    || setxattr("src", "user.empty", "", 0, 0) != 0
	    || setxattr("src", "user.large", large, sizeof(large), 0) != 0) {
		skip(10, "no extended attributes here: %s", strerror(errno));
		return;
	}
	is_int(copy("src", "dst", how | COPYFILE_XATTR), 0, "%s: XATTR", name);
	ok(has_xattr("dst", "user.one", "1", 1), "%s: user.one", name);
	ok(has_xattr("dst", "user.empty", "", 0), "%s: an empty one", name);
	ok(has_xattr("dst", "user.large", large, sizeof(large)), "%s: a large one", name);
	drop("dst");
	is_int(copy("src", "dst", how), 0, "%s: not asked for", name);
	ok(getxattr("dst", "user.one", NULL, 0) < 0, "%s: not copied", name);
	drop("dst");

	/* A mode that forbids writing must not forbid this */
	chmod("src", 0444);
	is_int(copy("src", "dst", how | COPYFILE_XATTR | COPYFILE_MODE), 0,
	       "%s: XATTR of a read-only file", name);
	ok(has_xattr("dst", "user.one", "1", 1) && mode_of("dst") == 0444,
	   "%s: attribute and mode", name);
	drop("dst");
	chmod("src", 0755);

	if (!root || setxattr("src", "trusted.t", "secret", 6, 0) != 0
	    || setxattr("src", "security.capability", capability, sizeof(capability), 0) != 0) {
		skip(2, "no privilege for trusted and security attributes");
		drop("src");
		return;
	}
	if (chown("src", 12345, 54321) != 0
	    || setxattr("src", "security.capability", capability, sizeof(capability), 0) != 0)
		bail_out("src: %s", strerror(errno));
	is_int(copy("src", "dst", how | COPYFILE_ATTRS | COPYFILE_LENIENT), 0,
	       "%s: ATTRS, with a new owner", name);
	ok(has_xattr("dst", "trusted.t", "secret", 6)
	   && has_xattr("dst", "security.capability", capability, sizeof(capability)),
	   "%s: trusted attribute and capability are there, after chown", name);
	drop("dst");
	drop("src");
}

/* ---- Attributes only ---- */

static void
test_attributes_only(unsigned long how, const char *name)
{
	static const struct timespec then[2] = { { 1000000000, 0 }, { 1100000000, 0 } };
	unsigned long flags = how | COPYFILE_ATTRS_ONLY | COPYFILE_MODE | COPYFILE_TIMES;
	struct stat st;

	fresh("src", 0751);
	utimensat(AT_FDCWD, "src", then, 0);
	put_text("dst", "data of its own");
	is_int(copy("src", "dst", flags), 0, "%s: ATTRS_ONLY of a file", name);
	st = stat_of("dst");
	is_int(st.st_mode & 07777, 0751, "%s: the mode", name);
	is_int(st.st_mtim.tv_sec, then[1].tv_sec, "%s: the time", name);
	ok(holds("dst", "data of its own"), "%s: the data are its own", name);
	drop("dst");
	is_int(copy("src", "dst", flags), -ENOENT, "%s: ATTRS_ONLY without a destination", name);
	ok(!exists("dst"), "%s: makes none", name);
	is_int(copy("absent", "src", flags), -ENOENT, "%s: ATTRS_ONLY without a source", name);

	mkdir("d1", 0755);
	mkdir("d2", 0700);
	put_text("d2/inside", "x");
	chmod("d1", 02775);
	utimensat(AT_FDCWD, "d1", then, 0);
	is_int(copy("d1", "d2", flags), 0, "%s: ATTRS_ONLY of a directory", name);
	st = stat_of("d2");
	is_int(st.st_mode & 07777, 02775, "%s: the mode", name);
	is_int(st.st_mtim.tv_sec, then[1].tv_sec, "%s: the time", name);
	ok(holds("d2/inside", "x"), "%s: what is in it stays", name);
	remove_tree("d1");
	remove_tree("d2");

	/* A destination that its owner may not write to */
	fresh("dst", 0400);
	is_int(copy("src", "dst", flags), 0, "%s: ATTRS_ONLY of a read-only file", name);
	is_int(mode_of("dst"), 0751, "%s: the mode", name);
	drop("dst");
	drop("src");
}

/* Times that are not the source's, which has 1000000000 and 1100000000 */
static void
test_times_call(int src, int dst)
{
	static const struct {
		const char *name;
		unsigned long flags;
		struct timespec times[2];
		time_t access, modification;	/* 0: about now */
		int result;
	} cases[] = {
		{ "both", COPYFILE_TIMES, { { 5, 0 }, { 6, 0 } }, 5, 6, 0 },
		{ "without TIMES", COPYFILE_MODE, { { 7, 0 }, { 8, 0 } }, 5, 6, 0 },
		{ "one", COPYFILE_TIMES, { { 0, UTIME_OMIT }, { 9, 0 } }, 5, 9, 0 },
		{ "none", COPYFILE_TIMES, { { 0, UTIME_OMIT }, { 0, UTIME_OMIT } }, 5, 9, 0 },
		{ "with the mode", COPYFILE_TIMES | COPYFILE_MODE, { { 10, 0 }, { 11, 0 } }, 10, 11, 0 },
		{ "nonsense", COPYFILE_TIMES, { { 1, 1000000000 }, { 2, 0 } }, 10, 11, -EINVAL },
		{ "nonsense, LENIENT", COPYFILE_TIMES | COPYFILE_LENIENT, { { 1, 0 }, { 2, -1 } },
		  10, 11, -EINVAL },
		{ "the present", COPYFILE_TIMES, { { 0, UTIME_NOW }, { 12, 0 } }, 0, 12, 0 },
	};
	struct stat st;

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		is_int(copyfile_attrs_times(src, dst, cases[i].flags, cases[i].times),
		       cases[i].result, "copyfile_attrs_times: %s", cases[i].name);
		st = stat_of("dst");
		ok(cases[i].access ? st.st_atim.tv_sec == cases[i].access
				   : time(NULL) - st.st_atim.tv_sec < 1000, "the access");
		is_int(st.st_mtim.tv_sec, cases[i].modification, "the modification");
	}
	is_int(copyfile_attrs_times(src, dst, COPYFILE_TIMES, NULL), 0, "no times");
	is_int(stat_of("dst").st_mtim.tv_sec, 1100000000, "are the source's");
}

static void
test_attrs_call(void)
{
	static const unsigned long bad[] = {
		COPYFILE_REPLACE, COPYFILE_TRUNCATE, COPYFILE_ATTRS_ONLY, COPYFILE_REFLINK,
		COPYFILE_NO_REFLINK, COPYFILE_SPARSE, COPYFILE_NO_SPARSE, COPYFILE_FSYNC,
		COPYFILE_NOFOLLOW, COPYFILE_KEEP_PARTIAL, COPYFILE_SYNC, COPYFILE_ASYNC, 4, 8,
	};
	static const struct timespec then[2] = { { 1000000000, 0 }, { 1100000000, 0 } };
	unsigned int i;
	int src, dst;

	fresh("src", 0751);
	fresh("dst", 0600);
	utimensat(AT_FDCWD, "src", then, 0);
	src = open("src", O_RDONLY | O_CLOEXEC);
	dst = open("dst", O_RDWR | O_CLOEXEC);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		is_int(copyfile_attrs(src, dst, COPYFILE_MODE | bad[i]), -EINVAL,
		       "copyfile_attrs with 0x%lx is EINVAL", bad[i]);
		is_int(errno, EINVAL, "with errno set");
	}
	is_int(mode_of("dst"), 0600, "nothing was done");
	is_int(copyfile_attrs(src, dst, COPYFILE_MODE | COPYFILE_TIMES), 0, "copyfile_attrs");
	is_int(mode_of("dst"), 0751, "the mode");
	is_int(stat_of("dst").st_mtim.tv_sec, then[1].tv_sec, "the time");
	test_times_call(src, dst);
	is_int(copyfile_attrs(-1, dst, COPYFILE_MODE), -EBADF, "no source: EBADF");
	is_int(copyfile_attrs(src, -1, COPYFILE_MODE), -EBADF, "no destination: EBADF");
	close(src);
	close(dst);

	mkdir("d1", 0711);
	mkdir("d2", 0700);
	src = open("d1", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dst = open("d2", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	is_int(copyfile_attrs(src, dst, COPYFILE_MODE), 0, "copyfile_attrs of directories");
	is_int(mode_of("d2"), 0711, "the mode");
	close(src);
	close(dst);
	drop("d1");
	drop("d2");
	drop("src");
	drop("dst");
}

/* ---- An ordinary user ---- */

static int
as_nobody(void)
{
	struct copyfile_info info;
	unsigned int i, bad = 0;

	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0
	    || setresuid(NOBODY, NOBODY, NOBODY) != 0)
		return 128;
	for (i = 0; i < SCHEDULES; i++) {
		unsigned long flags = schedules[i].flag | COPYFILE_OWNER | COPYFILE_MODE;

		/* Strict: it fails, and is gone */
		if (copy("src", "open/dst", flags) != -EPERM || exists("open/dst"))
			bad |= 1;
		if (last_info().stage != COPYFILE_SETATTR)
			bad |= 2;

		/* Lenient: it is there, without what would act for the wrong user */
		if (copy("src", "open/dst", flags | COPYFILE_LENIENT) != 0)
			bad |= 4;
		info = last_info();
		if (info.skipped != COPYFILE_OWNER || info.skipped_error != -EPERM)
			bad |= 8;
		if (mode_of("open/dst") != 0755)
			bad |= 16;
		if (!same_data("src", "open/dst") || stat_of("open/dst").st_uid != NOBODY)
			bad |= 32;
		drop("open/dst");

		/* A file of one's own needs no privilege */
		fresh("open/own", 04711);
		if (copy("open/own", "open/dst", flags) != 0 || mode_of("open/dst") != 04711)
			bad |= 64;
		drop("open/dst");
		drop("open/own");
	}
	return bad;
}

static int
as_nobody_opening(void)
{
	unsigned int i, bad = 0;
	int src, dst;

	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0
	    || setresuid(NOBODY, NOBODY, NOBODY) != 0)
		return 128;
	for (i = 0; i < SCHEDULES; i++) {
		unsigned long how = schedules[i].flag;

		if (copy("private", "open/dst", how) != -EACCES
		    || last_info().stage != COPYFILE_OPEN_SRC || exists("open/dst"))
			bad |= 1;
		if (copy("src", "closed/dst", how) != -EACCES
		    || last_info().stage != COPYFILE_OPEN_DST)
			bad |= 2;
		/* Read-only: carried over nevertheless, and to the last */
		fresh("open/own", 0444);
		if (copy("open/own", "open/dst", how | COPYFILE_MODE | COPYFILE_TIMES) != 0
		    || mode_of("open/dst") != 0444)
			bad |= 4;
		/* cp can't rewrite it either */
		if (copy("src", "open/dst", how | COPYFILE_TRUNCATE) != -EACCES
		    || !holds("open/dst", "contents"))
			bad |= 8;
		drop("open/own");
		drop("open/dst");
		/* An owner that cannot be given leaves the mode as it was. */
		fresh("open/dst", 0644);
		src = open("src", O_RDONLY);
		dst = open("open/dst", O_RDWR);
		if (copyfile_attrs(src, dst, COPYFILE_OWNER) != -EPERM
		    || mode_of("open/dst") != 0644)
			bad |= 16;
		close(src);
		close(dst);
		drop("open/dst");
	}
	return bad;
}

static void
test_ordinary_user(void)
{
	int bad;

	if (!root) {
		skip(14, "needs root, to make a file of somebody else");
		return;
	}
	/* mkdtemp() made a directory that others can't enter */
	if (chmod(".", 0755) != 0)
		bail_out("chmod: %s", strerror(errno));
	fresh("src", 06755);
	fresh("private", 0600);
	mkdir("open", 0755);
	mkdir("closed", 0755);
	if (chown("open", NOBODY, NOBODY) != 0)
		bail_out("chown: %s", strerror(errno));

	bad = in_child(as_nobody);
	if (bad == 128)
		skip(7, "cannot become an ordinary user");
	else {
		ok((bad & 1) == 0, "OWNER of another's file: EPERM, and nothing left");
		ok((bad & 2) == 0, "the stage is SETATTR");
		ok((bad & 4) == 0, "OWNER|LENIENT: done");
		ok((bad & 8) == 0, "it tells that OWNER was given up, and why");
		ok((bad & 16) == 0, "set-id bits are dropped, the rest of the mode is not");
		ok((bad & 32) == 0, "the data are there, the file is the user's");
		ok((bad & 64) == 0, "a set-user-ID file of one's own is copied exactly");
	}
	ok(bad < 255, "the child ends well");
	bad = in_child(as_nobody_opening);
	if (bad == 128)
		skip(5, "cannot become an ordinary user");
	else {
		ok((bad & 1) == 0, "a source that can't be read: EACCES, OPEN_SRC");
		ok((bad & 2) == 0, "a directory that can't be written: EACCES, OPEN_DST");
		ok((bad & 4) == 0, "a read-only file is copied with mode and times");
		ok((bad & 8) == 0, "TRUNCATE of a read-only file: EACCES, untouched");
		ok((bad & 16) == 0, "an owner that can't be given leaves the mode alone");
	}
	ok(bad < 255, "the child ends well");
	remove_tree("open");
	remove_tree("closed");
	drop("src");
	drop("private");
}

/* While it is being made, a file lets in nobody whom the source keeps out */
static void
test_narrow_while_copying(unsigned long flags)
{
	struct stat st;
	int cookie;

	long_setup(0, 0);
	chmod("long", 04755);
	cookie = long_start("dst", flags);
	if (!wait_for_data(cookie) || lstat("dst", &st) != 0)
		skip(1, "there is nothing to see while the copy goes on");
	else
		is_int(st.st_mode & 07077, 0,
		       "no set-id bit and no access for others before the end");
	if (copyfile_ctrl(cookie, COPYFILE_STATUS) > 0)
		is_int(cancel(cookie), -ECANCELED, "cancelled before that");
	else
		skip(1, "the copy was too fast");
	drop("long");
}

int
main(void)
{
	int before = count_fds();
	int i;

	root = geteuid() == 0;
	scratch_enter("attrs");
	for (i = 0; i < SCHEDULES; i++) {
		unsigned long how = schedules[i].flag;
		const char *name = schedules[i].name;

		test_mode(how, name);
		test_plain_mode(how, name);
		test_owner(how, name);
		test_times(how, name);
		test_acl(how, name);
		test_xattr(how, name);
		test_attributes_only(how, name);
	}
	test_attrs_call();
	test_ordinary_user();
	test_narrow_while_copying(COPYFILE_MODE | COPYFILE_OWNER);
	test_narrow_while_copying(COPYFILE_OWNER);
	test_narrow_while_copying(COPYFILE_OWNER | COPYFILE_PLAIN_MODE);
	is_int(copyfile_shutdown(), 0, "shutdown");
	is_int(count_fds(), before, "no descriptor is left behind");
	return done_testing();
}
