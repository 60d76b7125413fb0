/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* COPYFILE_GIVEN_MODE: a new destination gets the permission bits that the caller names. */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <grp.h>
#include <sys/xattr.h>

#include "scratch.h"
#include "tap.h"

enum { NOBODY = 65534 };

static int copy_with_mode(const char *src, const char *dst, unsigned long flags, uint32_t mode)
{
	struct copyfile_how how = { .flags = flags | COPYFILE_GIVEN_MODE, .mode = mode };

	return finish(copyfileat(AT_FDCWD, src, AT_FDCWD, dst, &how, sizeof how));
}

static void test_refused(void)
{
	static const struct {
		const char *name;
		struct copyfile_how how;
	} bad[] = {
		{ "a mode without the flag", { .mode = 0600 } },
		{ "a mode with PLAIN_MODE", { .flags = COPYFILE_PLAIN_MODE, .mode = 0600 } },
		{ "set-user-ID", { .flags = COPYFILE_GIVEN_MODE, .mode = 04755 } },
		{ "the sticky bit", { .flags = COPYFILE_GIVEN_MODE, .mode = 01755 } },
		{ "a file type", { .flags = COPYFILE_GIVEN_MODE, .mode = S_IFREG | 0644 } },
		{ "with MODE", { .flags = COPYFILE_GIVEN_MODE | COPYFILE_MODE } },
		{ "with ACL", { .flags = COPYFILE_GIVEN_MODE | COPYFILE_ACL } },
		{ "with PLAIN_MODE", { .flags = COPYFILE_GIVEN_MODE | COPYFILE_PLAIN_MODE } },
		{ "with ATTRS_ONLY", { .flags = COPYFILE_GIVEN_MODE | COPYFILE_ATTRS_ONLY } },
	};

	for (unsigned int i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		is_int(copyfileat(AT_FDCWD, "src", AT_FDCWD, "dst", &bad[i].how,
				  sizeof(bad[i].how)),
		       -EINVAL, "%s: EINVAL", bad[i].name);
		ok(!exists("dst"), "and nothing is made");
	}
}

static void test_modes(unsigned long how, const char *name)
{
	static const mode_t modes[] = { 0, 0400, 0600, 0644, 0660, 0755, 0777 };
	static const mode_t masks[] = { 0, 022, 077 };

	for (unsigned int i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		mode_t mask = masks[i % (sizeof masks / sizeof masks[0])];

		umask(mask);
		is_int(copy_with_mode("src", "dst", how, modes[i]), 0, "%s: a mode of %03o",
		       name, modes[i]);
		is_int(mode_of("dst"), modes[i] & ~mask, "%s: under the umask %03o", name, mask);
		drop("dst");
	}
	umask(022);
	is_int(copy_with_mode("src", "dst", how | COPYFILE_REPLACE, 0640), 0, "%s: REPLACE",
	       name);
	is_int(mode_of("dst"), 0640, "%s: the new one has it", name);
	is_int(copy_with_mode("src", "dst", how | COPYFILE_TRUNCATE, 0755), 0, "%s: TRUNCATE",
	       name);
	is_int(mode_of("dst"), 0640, "%s: what was there keeps its own", name);
	ok(same_data("src", "dst"), "%s: and is a copy", name);
	drop("dst");
}

/* A new owner, who gets the mode all the same */
static void test_owner(unsigned long how, const char *name)
{
	if (geteuid() != 0) {
		skip(3, "only root can give files away");
		return;
	}
	if (chown("src", 12345, 54321) != 0)
		bail_out("chown: %s", strerror(errno));
	is_int(copy_with_mode("src", "dst", how | COPYFILE_OWNER, 0664), 0, "%s: OWNER", name);
	is_int(mode_of("dst"), 0644, "%s: the mode, under the umask", name);
	is_int(stat_of("dst").st_uid, 12345, "%s: with another owner", name);
	drop("dst");
	if (chown("src", 0, 0) != 0)
		bail_out("chown: %s", strerror(errno));
}

/* The directory's default ACL gives nothing to a file whose mode the caller has named. */
static void test_default_acl(unsigned long how, const char *name)
{
	/* u::rwx u:1234:rwx g::rwx m::rwx o::rwx, as the kernel has it */
	static const unsigned char acl[] = {
		2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 2, 0, 7, 0, 0xd2, 4, 0, 0,
		4, 0, 7, 0, 255, 255, 255, 255, 16, 0, 7, 0, 255, 255, 255, 255,
		32, 0, 7, 0, 255, 255, 255, 255,
	};

	mkdir("inherit", 0755);
	if (setxattr("inherit", "system.posix_acl_default", acl, sizeof acl, 0) != 0)
		skip(3, "no ACLs here: %s", strerror(errno));
	else {
		is_int(copy_with_mode("src", "inherit/dst", how, 0670), 0,
		       "%s: into a directory with a default ACL", name);
		is_int(mode_of("inherit/dst"), 0650, "%s: the mode is that under the umask", name);
		ok(getxattr("inherit/dst", "system.posix_acl_access", NULL, 0) < 0,
		   "%s: there is no ACL", name);
	}
	remove_tree("inherit");
}

/* Extended attributes ask for the right to write, which the mode does not give. */
static int copy_xattr_to_read_only(void)
{
	int bad = 0;

	if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) != 0)
		return 128;
	for (int i = 0; i < SCHEDULES; i++) {
		if (copy_with_mode("src", "open/dst", schedules[i].flag | COPYFILE_XATTR, 0440))
			bad |= 1;
		if (mode_of("open/dst") != 0440)
			bad |= 2;
		if (getxattr("open/dst", "user.x", NULL, 0) != 1)
			bad |= 4;
		drop("open/dst");
	}
	return bad;
}

static void test_read_only(void)
{
	int bad;

	mkdir("open", 0777);
	if (geteuid() != 0 || chmod(".", 0755) != 0 || chmod("open", 0777) != 0)
		skip(3, "needs root, to become somebody else");
	else if (setxattr("src", "user.x", "y", 1, 0) != 0)
		skip(3, "no extended attributes here: %s", strerror(errno));
	else if ((bad = in_child(copy_xattr_to_read_only)) == 128)
		skip(3, "cannot become an ordinary user");
	else {
		ok((bad & 1) == 0, "XATTR, to what its owner may only read");
		ok((bad & 2) == 0, "the mode is the one that was named");
		ok((bad & 4) == 0 && bad < 128, "and the attribute is there");
	}
	remove_tree("open");
}

int main(void)
{
	int before = count_fds();

	scratch_enter("given_mode");
	put_text("src", "source");
	chmod("src", 04711);
	test_refused();
	for (int i = 0; i < SCHEDULES; i++) {
		test_modes(schedules[i].flag, schedules[i].name);
		test_owner(schedules[i].flag, schedules[i].name);
		test_default_acl(schedules[i].flag, schedules[i].name);
	}
	chmod("src", 0755);
	test_read_only();
	is_int(copyfile_shutdown(), 0, "shutdown");
	is_int(count_fds(), before, "no descriptor is left behind");
	return done_testing();
}
