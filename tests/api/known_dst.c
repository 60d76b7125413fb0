/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A destination that the caller has looked at: nothing else is rewritten in its place. */
#include <config.h>

#include "scratch.h"
#include "tap.h"

/* What a copy with flags to dst returns if the caller has seen st there */
static int copy_over(const char *dst, const struct stat *st, unsigned long flags)
{
	const struct copyfile_how how = {
		.flags = flags, .dst_dev = st->st_dev, .dst_ino = st->st_ino,
	};

	return finish(copyfileat(AT_FDCWD, "src", AT_FDCWD, dst, &how, sizeof how));
}

/* What has the name of the destination is another file than the caller has found there. */
static void test_known_destination(unsigned long how, const char *name)
{
	unsigned long flags = how | COPYFILE_TRUNCATE, strict = flags | COPYFILE_NOFOLLOW_DST;
	struct stat st;

	put_text("src", "source");
	put_text("dst", "old");
	put_text("victim", "secret");
	st = stat_of("dst");
	is_int(copy_over("dst", &st, strict), 0, "%s: the file that was found", name);
	ok(holds("dst", "source"), "%s: is rewritten", name);
	is_int(copy_over("victim", &st, strict), -ESTALE, "%s: another one is ESTALE", name);
	is_int(last_info().stage, COPYFILE_OPEN_DST, "%s: at the destination", name);
	drop("dst");
	is_int(symlink("victim", "dst"), 0, "%s: a symlink", name);
	is_int(copy("src", "dst", strict), -ELOOP, "%s: is not followed", name);
	is_int(copy_over("dst", &st, flags), -ESTALE, "%s: or leads to another file", name);
	ok(holds("victim", "secret"), "%s: which is left alone", name);
	drop("dst");
	is_int(mkfifo("dst", 0600), 0, "%s: a FIFO without a reader", name);
	is_int(copy_over("dst", &st, strict), -ESTALE, "%s: is not waited for", name);
	drop("dst");
	is_int(copy_over("dst", &st, strict), 0, "%s: nothing is there any more", name);
	ok(holds("dst", "source"), "%s: it is made", name);
	is_int(copy_over("new", &st, how), -EINVAL, "%s: without TRUNCATE: EINVAL", name);
	drop("dst");
	drop("victim");
}

/* The mode is carried over: it is narrowed first, and right in the end. */
static void test_mode(unsigned long how, const char *name)
{
	put_text("src", "secret");
	chmod("src", 0600);
	put_text("dst", "old");
	chmod("dst", 0666);
	is_int(copy("src", "dst", how | COPYFILE_TRUNCATE | COPYFILE_MODE), 0,
	       "%s: the mode as well", name);
	is_int(stat_of("dst").st_mode & 07777, 0600, "%s: is the source's", name);
	drop("dst");
}

int main(void)
{
	scratch_enter("known_dst");
	for (int i = 0; i < SCHEDULES; i++) {
		test_known_destination(schedules[i].flag, schedules[i].name);
		test_mode(schedules[i].flag, schedules[i].name);
	}
	return scratch_done();
}
