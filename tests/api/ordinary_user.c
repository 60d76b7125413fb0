/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Copies by a user who may not give files away, nor read or write all of them: a copy fails,
 * or the owner is given up where that was allowed, and then no set-ID bit is left.  It is
 * tried in a child that gives up its identity, which takes root.
 */
#include <config.h>

#include <grp.h>

#include "scratch.h"
#include "tap.h"

#define NOBODY 65534

static bool become_nobody(void)
{
	return setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	       setresuid(NOBODY, NOBODY, NOBODY) == 0;
}

static int as_nobody(void)
{
	struct copyfile_info info;
	unsigned int i, bad = 0;

	if (!become_nobody())
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
		put_mode("open/own", 04711);
		if (copy("open/own", "open/dst", flags) != 0 || mode_of("open/dst") != 04711)
			bad |= 64;
		drop("open/dst");
		drop("open/own");
	}
	return bad;
}

static int as_nobody_opening(void)
{
	unsigned int i, bad = 0;
	int src, dst;

	if (!become_nobody())
		return 128;
	for (i = 0; i < SCHEDULES; i++) {
		unsigned long how = schedules[i].flag;

		if (copy("private", "open/dst", how) != -EACCES ||
		    last_info().stage != COPYFILE_OPEN_SRC || exists("open/dst"))
			bad |= 1;
		if (copy("src", "closed/dst", how) != -EACCES ||
		    last_info().stage != COPYFILE_OPEN_DST)
			bad |= 2;
		/* Read-only: carried over nevertheless, and to the last */
		put_mode("open/own", 0444);
		if (copy("open/own", "open/dst", how | COPYFILE_MODE | COPYFILE_TIMES) ||
		    mode_of("open/dst") != 0444)
			bad |= 4;
		/* cp can't rewrite it either */
		if (copy("src", "open/dst", how | COPYFILE_TRUNCATE) != -EACCES ||
		    !holds("open/dst", "contents"))
			bad |= 8;
		drop("open/own");
		drop("open/dst");
		/* An owner that cannot be given leaves the mode as it was. */
		put_mode("open/dst", 0644);
		src = open("src", O_RDONLY);
		dst = open("open/dst", O_RDWR);
		if (copyfile_attrs(src, dst, COPYFILE_OWNER) != -EPERM ||
		    mode_of("open/dst") != 0644)
			bad |= 16;
		close(src);
		close(dst);
		drop("open/dst");
	}
	return bad;
}

static void test_ordinary_user(void)
{
	int bad;

	if (geteuid() != 0) {
		skip(14, "needs root, to make a file of somebody else");
		return;
	}
	/* mkdtemp() made a directory that others can't enter */
	if (chmod(".", 0755) != 0)
		bail_out("chmod: %s", strerror(errno));
	put_mode("src", 06755);
	put_mode("private", 0600);
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

int main(void)
{
	scratch_enter("ordinary_user");
	test_ordinary_user();
	return scratch_done();
}
