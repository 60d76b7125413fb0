/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ACLs and extended attributes are carried over exactly where that is asked for; what a
 * directory gives to new files is taken away.
 */
#include <config.h>

#include <sys/xattr.h>

#include "scratch.h"
#include "tap.h"

static bool root;

/* --------------------------- ACLs, in the form that the kernel keeps them in */

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
static struct acl make_acl(uint32_t uid)
{
	struct acl acl = { 2, {
		{ 0x01, 6, 0xffffffff }, { 0x02, 7, uid }, { 0x04, 4, 0xffffffff },
		{ 0x10, 7, 0xffffffff }, { 0x20, 4, 0xffffffff },
	} };

	return acl;
}

static bool set_acl(const char *name, const char *which, uint32_t uid)
{
	struct acl acl = make_acl(uid);

	return setxattr(name, which, &acl, sizeof acl, 0) == 0;
}

/* user::rw- group::rw- other::rw- */
static bool set_least_acl(const char *name, const char *which)
{
	struct acl acl = { 2, {
		{ 0x01, 6, 0xffffffff }, { 0x04, 6, 0xffffffff }, { 0x20, 6, 0xffffffff },
	} };

	return setxattr(name, which, &acl, 4 + 3 * sizeof acl.entry[0], 0) == 0;
}

static bool has_acl(const char *name, const char *which, uint32_t uid)
{
	struct acl acl = make_acl(uid), got;

	return getxattr(name, which, &got, sizeof got) == sizeof got &&
	       memcmp(&acl, &got, sizeof acl) == 0;
}

static bool has_any_acl(const char *name)
{
	return getxattr(name, ACL_ACCESS, NULL, 0) > 0;
}

static void test_acl(unsigned long how, const char *name)
{
	put_mode("src", 0644);
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
	put_mode("src", 0640);
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

/* ------------------------------------------------------- extended attributes */

static bool has_xattr(const char *file, const char *attr, const char *value, size_t size)
{
	char got[5000];

	return getxattr(file, attr, got, sizeof got) == (ssize_t)size &&
	       memcmp(got, value, size) == 0;
}

static void test_xattr(unsigned long how, const char *name)
{
	/* cap_net_raw+ep, as struct vfs_cap_data revision 2 */
	static const char capability[20] = { 1, 0, 0, 2, 0, 0x20 };
	char large[2000];

	put_mode("src", 0755);
	memset(large, 'x', sizeof large);
#ifndef HAVE_LIBATTR
	skip(10, "built without libattr");
	return;
#endif
	if (setxattr("src", "user.one", "1", 1, 0) != 0 ||
	    setxattr("src", "user.empty", "", 0, 0) != 0 ||
	    setxattr("src", "user.large", large, sizeof large, 0) != 0) {
		skip(10, "no extended attributes here: %s", strerror(errno));
		return;
	}
	is_int(copy("src", "dst", how | COPYFILE_XATTR), 0, "%s: XATTR", name);
	ok(has_xattr("dst", "user.one", "1", 1), "%s: user.one", name);
	ok(has_xattr("dst", "user.empty", "", 0), "%s: an empty one", name);
	ok(has_xattr("dst", "user.large", large, sizeof large), "%s: a large one", name);
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

	if (!root || setxattr("src", "trusted.t", "secret", 6, 0) != 0 ||
	    setxattr("src", "security.capability", capability, sizeof capability, 0)) {
		skip(2, "no privilege for trusted and security attributes");
		drop("src");
		return;
	}
	if (chown("src", 12345, 54321) != 0 ||
	    setxattr("src", "security.capability", capability, sizeof capability, 0) != 0)
		bail_out("src: %s", strerror(errno));
	is_int(copy("src", "dst", how | COPYFILE_ATTRS | COPYFILE_LENIENT), 0,
	       "%s: ATTRS, with a new owner", name);
	ok(has_xattr("dst", "trusted.t", "secret", 6) &&
	   has_xattr("dst", "security.capability", capability, sizeof capability),
	   "%s: trusted attribute and capability are there, after chown", name);
	drop("dst");
	drop("src");
}

int main(void)
{
	int i;

	root = geteuid() == 0;
	scratch_enter("acl_xattr");
	for (i = 0; i < SCHEDULES; i++) {
		unsigned long how = schedules[i].flag;
		const char *name = schedules[i].name;

		test_acl(how, name);
		test_xattr(how, name);
	}
	return scratch_done();
}
