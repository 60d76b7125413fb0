/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Mode, owner and times: each is carried over exactly, with the data or alone; and no file
 * lets in, while it is copied, whom its source keeps out.
 */
#include <config.h>

#include "scratch.h"
#include "tap.h"

static bool root;

/* ----------------------------------------------------------- permission bits */

static void test_mode(unsigned long how, const char *name)
{
	static const mode_t modes[] = {
		0644, 0600, 0400, 0444, 0000, 0777, 0755, 04755, 02755, 06755, 01644, 07777,
	};
	unsigned int i;

	for (i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		if ((modes[i] & 0400) == 0 && !root)
			continue;
		put_mode("src", modes[i]);
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
	put_mode("src", 0755);
	put_mode("dst", 0600);
	is_int(copy("src", "dst", how | COPYFILE_TRUNCATE), 0, "%s: TRUNCATE", name);
	is_int(mode_of("dst"), 0600, "%s: the mode stays", name);
	is_int(copy("src", "dst", how | COPYFILE_TRUNCATE | COPYFILE_MODE), 0,
	       "%s: TRUNCATE|MODE", name);
	is_int(mode_of("dst"), 0755, "%s: the mode is copied", name);
	drop("dst");
	drop("src");
}

/* What any new file has, whatever the source's mode is */
static void test_plain_mode(unsigned long how, const char *name)
{
	static const mode_t masks[] = { 0, 022, 027, 077, 0777 };
	static const char *const names[] = { "dst", "./dst" };
	unsigned long flags = how | COPYFILE_PLAIN_MODE;
	unsigned int i;

	put_mode("src", 04711);
	for (i = 0; i < sizeof masks / sizeof masks[0]; i++) {
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
	put_mode("dst", 0600);
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

/* ----------------------------------------------------------- owner and group */

static void test_owner(unsigned long how, const char *name)
{
	struct stat st;

	if (!root) {
		skip(8, "only root can give files away");
		return;
	}
	put_mode("src", 0640);
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

/* --------------------------------------------------------------------- times */

static void test_times(unsigned long how, const char *name)
{
	static const struct timespec moments[][2] = {
		{ { 1000000000, 123456789 }, { 1200000000, 987654321 } },
		{ { 0, 1 },                  { 1, 999999999 } },
		{ { -1000, 500000000 },      { -86400, 1 } },
		{ { 4102444800, 7 },         { 4102444801, 8 } },
	};
	struct stat want, got;
	unsigned int i;

	for (i = 0; i < sizeof moments / sizeof moments[0]; i++) {
		put_pattern("src", 50000, i);
		if (utimensat(AT_FDCWD, "src", moments[i], 0) != 0) {
			skip(3, "no such time here: %s", strerror(errno));
			continue;
		}
		want = stat_of("src");	/* as this file system rounds them */
		is_int(copy("src", "dst", how | COPYFILE_TIMES | COPYFILE_MODE), 0, "%s: TIMES",
		       name);
		got = stat_of("dst");
		ok(got.st_mtim.tv_sec == want.st_mtim.tv_sec &&
		   got.st_mtim.tv_nsec == want.st_mtim.tv_nsec,
		   "%s: modification time %lld to the nanosecond", name,
		   (long long)want.st_mtim.tv_sec);
		ok(got.st_atim.tv_sec == want.st_atim.tv_sec &&
		   got.st_atim.tv_nsec == want.st_atim.tv_nsec,
		   "%s: access time, from before the copy", name);
		drop("dst");
	}

	if (symlink("src", "link") != 0 ||
	    utimensat(AT_FDCWD, "link", moments[0], AT_SYMLINK_NOFOLLOW) != 0)
		bail_out("link: %s", strerror(errno));
	want = stat_of("link");
	is_int(copy("link", "dst", how | COPYFILE_TIMES | COPYFILE_NOFOLLOW), 0,
	       "%s: TIMES of a symlink", name);
	got = stat_of("dst");
	ok(got.st_mtim.tv_sec == want.st_mtim.tv_sec &&
	   got.st_mtim.tv_nsec == want.st_mtim.tv_nsec,
	   "%s: the link's own", name);
	drop("link");
	drop("dst");
	drop("src");
}

/* ----------------------------------------------------------- attributes only */

static void test_attributes_only(unsigned long how, const char *name)
{
	static const struct timespec then[2] = { { 1000000000, 0 }, { 1100000000, 0 } };
	unsigned long flags = how | COPYFILE_ATTRS_ONLY | COPYFILE_MODE | COPYFILE_TIMES;
	struct stat st;

	put_mode("src", 0751);
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
	put_mode("dst", 0400);
	is_int(copy("src", "dst", flags), 0, "%s: ATTRS_ONLY of a read-only file", name);
	is_int(mode_of("dst"), 0751, "%s: the mode", name);
	drop("dst");
	drop("src");
}

/* Times that are not the source's, which has 1000000000 and 1100000000 */
static void test_times_call(int src, int dst)
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
		{ "with the mode", COPYFILE_TIMES | COPYFILE_MODE, { { 10, 0 }, { 11, 0 } },
		  10, 11, 0 },
		{ "nonsense", COPYFILE_TIMES, { { 1, 1000000000 }, { 2, 0 } }, 10, 11, -EINVAL },
		{ "nonsense, LENIENT", COPYFILE_TIMES | COPYFILE_LENIENT, { { 1, 0 }, { 2, -1 } },
		  10, 11, -EINVAL },
		{ "the present", COPYFILE_TIMES, { { 0, UTIME_NOW }, { 12, 0 } }, 0, 12, 0 },
	};
	struct stat st;

	for (unsigned int i = 0; i < sizeof cases / sizeof cases[0]; i++) {
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

static void test_attrs_call(void)
{
	static const unsigned long bad[] = {
		COPYFILE_REPLACE, COPYFILE_TRUNCATE, COPYFILE_ATTRS_ONLY, COPYFILE_REFLINK,
		COPYFILE_NO_REFLINK, COPYFILE_SPARSE, COPYFILE_NO_SPARSE, COPYFILE_FSYNC,
		COPYFILE_NOFOLLOW, COPYFILE_KEEP_PARTIAL, COPYFILE_SYNC, COPYFILE_ASYNC,
		COPYFILE_ONE_NAME, 4, 8,
	};
	static const struct timespec then[2] = { { 1000000000, 0 }, { 1100000000, 0 } };
	unsigned int i;
	int src, dst;

	put_mode("src", 0751);
	put_mode("dst", 0600);
	utimensat(AT_FDCWD, "src", then, 0);
	src = open("src", O_RDONLY | O_CLOEXEC);
	dst = open("dst", O_RDWR | O_CLOEXEC);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
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

/* ------------------------------------------------------ while it is copied */

/* While it is being made, a file lets in nobody whom the source keeps out */
static void test_narrow_while_copying(unsigned long flags)
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

int main(void)
{
	int i;

	root = geteuid() == 0;
	scratch_enter("attributes");
	for (i = 0; i < SCHEDULES; i++) {
		unsigned long how = schedules[i].flag;
		const char *name = schedules[i].name;

		test_mode(how, name);
		test_plain_mode(how, name);
		test_owner(how, name);
		test_times(how, name);
		test_attributes_only(how, name);
	}
	test_attrs_call();
	test_narrow_while_copying(COPYFILE_MODE | COPYFILE_OWNER);
	test_narrow_while_copying(COPYFILE_OWNER);
	test_narrow_while_copying(COPYFILE_OWNER | COPYFILE_PLAIN_MODE);
	return scratch_done();
}
