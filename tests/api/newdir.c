/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * copyfile_newdir_begin() and copyfile_newdir_end(): arguments, and copies where there is
 * nothing to gain.  What happens on NFS is in unit/newset, and in cli/nfs.sh on a real mount.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "scratch.h"
#include "tap.h"

static int start(const char *dst, unsigned long flags, uint64_t newdir)
{
	const struct copyfile_how how = { .flags = flags, .newdir = newdir };

	return copyfileat(AT_FDCWD, "src", AT_FDCWD, dst, &how, sizeof how);
}

static void test_arguments(int dir)
{
	static const unsigned long excluded[] = {
		COPYFILE_REPLACE, COPYFILE_ATOMIC, COPYFILE_TRUNCATE,
		COPYFILE_ATTRS_ONLY | COPYFILE_MODE,
	};
	uint64_t newdir = 1;

	is_int(copyfile_newdir_begin(dir, 0, NULL), -EFAULT, "a null pointer");
	is_int(copyfile_newdir_begin(-1, 0, &newdir), -EBADF, "no descriptor");
	is_int(errno, EBADF, "errno is set");
	int file = open("src", O_RDONLY | O_CLOEXEC);
	is_int(copyfile_newdir_begin(file, 0, &newdir), -ENOTDIR, "a file");
	ok(newdir == 1, "after a failure nothing is stored");
	close(file);
	for (unsigned int i = 0; i < sizeof excluded / sizeof *excluded; i++)
		is_int(start("d/excluded", excluded[i], 1), -EINVAL, "flags 0x%lx: EINVAL",
		       excluded[i]);
	ok(!exists("d/excluded"), "and nothing is made");
	const struct copyfile_how how = { .newdir = 1 };
	is_int(copyfilefd(0, 1, &how, sizeof how), -EINVAL, "copyfilefd(): EINVAL");
}

static void test_copies(int dir)
{
	uint64_t newdir = 1;

	is_int(copyfile_newdir_begin(dir, 0, &newdir), 0, "a directory");
	for (int i = 0; i < SCHEDULES; i++) {
		drop("d/dst");
		is_int(finish(start("d/dst", schedules[i].flag, newdir)), 0, "%s: a new file",
		       schedules[i].name);
		ok(same_data("src", "d/dst"), "it is whole");
		put_text("d/dst", "other");
		is_int(finish(start("d/dst", schedules[i].flag, newdir)), -EEXIST,
		       "once more: EEXIST");
		ok(holds("d/dst", "other"), "it is as it was");
	}
	copyfile_newdir_end(newdir);
	copyfile_newdir_end(0);
}

int main(void)
{
	scratch_enter("newdir");
	put_text("src", "source");
	mkdir("d", 0755);
	int dir = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_arguments(dir);
	test_copies(dir);
	close(dir);
	return scratch_done();
}
