/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * COPYFILE_ATOMIC: the name is there when the copy is complete, and not before; nobody loses a
 * name to it, unless it replaces.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "scratch.h"
#include "tap.h"

static void test_new(unsigned long how, const char *name)
{
	unsigned long flags = how | COPYFILE_ATOMIC;

	is_int(copy("src", "d/dst", flags), 0, "%s: nothing there", name);
	ok(holds("d/dst", "source"), "%s: makes the file", name);
	is_int(stat_of("d/dst").st_mode & 07777, 0640, "%s: with its mode", name);
	put_text("d/dst", "old");
	is_int(copy("src", "d/dst", flags), -EEXIST, "%s: a file there", name);
	ok(holds("d/dst", "old"), "%s: which stays", name);
	is_int(copy("big", "d/dst", flags), -EEXIST, "%s: and a big source", name);
	is_int(last_info().stage, COPYFILE_OPEN_DST, "%s: is not copied in vain", name);
	drop("d/dst");
	is_int(symlink("nowhere", "d/dst"), 0, "%s: a symlink", name);
	is_int(copy("src", "d/dst", flags), -EEXIST, "%s: a symlink there", name);
	drop("d/dst");
	is_int(copy("src", "src", flags), -EINVAL, "%s: the source itself", name);
	is_int(copy("absent", "d/dst", flags), -ENOENT, "%s: no source", name);
	is_int(copy("src", "d/no/dst", flags), -ENOENT, "%s: no directory", name);
	is_int(count_names("d"), 0, "%s: no name is left", name);
}

/* The permissions of what is replaced stay, whatever the umask and the source say. */
static void test_replaced(unsigned long how, const char *name)
{
	unsigned long flags = how | COPYFILE_ATOMIC | COPYFILE_REPLACE;
	static const mode_t modes[] = { 0600, 0666, 0444, 0777, 0 };

	for (int i = 0; i < 5; i++) {
		put_text("d/dst", "old");
		chmod("d/dst", modes[i]);
		is_int(copy("src", "d/dst", flags), 0, "%s: replaces a file", name);
		is_int(stat_of("d/dst").st_mode & 07777, modes[i], "%s: keeps its mode", name);
	}
	is_int(copy("src", "d/dst", flags | COPYFILE_MODE), 0, "%s: with MODE", name);
	is_int(stat_of("d/dst").st_mode & 07777, 0640, "%s: it has that of the source", name);
	chmod("d/dst", 0604);
	is_int(copy("src", "d/dst", flags | COPYFILE_PLAIN_MODE), 0, "%s: PLAIN_MODE", name);
	is_int(stat_of("d/dst").st_mode & 07777, 0644, "%s: that of a new file", name);
	drop("d/dst");
	symlink("nowhere", "d/dst");
	is_int(copy("src", "d/dst", flags), 0, "%s: replaces a symlink", name);
	is_int(stat_of("d/dst").st_mode, S_IFREG | 0640, "%s: mode of the source", name);
	is_int(count_names("d"), 1, "%s: no other name is left", name);
	drop("d/dst");
	is_int(copy("src", "d/dst", flags), 0, "%s: and replaces nothing", name);
	ok(holds("d/dst", "source"), "%s: which makes it", name);
	drop("d/dst");
}

static void test_at_the_end(void)
{
	mkdir("r", 0755);
	int cookie = long_start("r/dst", COPYFILE_ATOMIC);

	if (wait_for_data(cookie)) {
		ok(!exists("r/dst"), "it has no name while the copy goes on");
		is_int(cancel(cookie), -ECANCELED, "cancelled");
		is_int(last_info().partial, COPYFILE_PARTIAL_NONE, "nothing is left, it says");
		is_int(count_names("r"), 0, "so it is");
	} else {
		is_int(finish(cookie), 0, "a copy too fast to look at");
		skip(3, "the copy was too fast to look at");
	}
	remove_tree("r");
}

static void test_symlinks(unsigned long how, const char *name)
{
	unsigned long flags = how | COPYFILE_ATOMIC | COPYFILE_NOFOLLOW;
	static const unsigned long attrs[] = { 0, COPYFILE_TIMES };

	for (int i = 0; i < 2; i++) {
		is_int(copy("link", "d/dst", flags | attrs[i]), 0, "%s: a symlink", name);
		ok(S_ISLNK(stat_of("d/dst").st_mode), "%s: is one", name);
		is_int(copy("link", "d/dst", flags | attrs[i]), -EEXIST, "%s: again", name);
		is_int(copy("link", "d/dst", flags | attrs[i] | COPYFILE_REPLACE), 0,
		       "%s: REPLACE", name);
		drop("d/dst");
		is_int(count_names("d"), 0, "%s: no name is left", name);
	}
}

static void test_names(void)
{
	char name[COPYFILE_TEMP_SIZE + 2], again[COPYFILE_TEMP_SIZE];
	int d = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	is_int(copyfile_temp_name(AT_FDCWD, "d/x", name, sizeof name), 0, "a temporary name");
	is_int(copyfile_temp_name(d, "x", again, sizeof again), 0, "another one");
	ok(strncmp(name, "d/.", 3) == 0 && strcmp(name + 2, again) != 0, "%s, %s", name, again);
	is_int(copyfile_temp_name(d, "x", again, 8), -ENAMETOOLONG, "no room");
	is_int(copyfile_temp_name(d, NULL, again, sizeof again), -EFAULT, "no name");
	is_int(copyfile_temp_name(d, "x", NULL, 0), -EFAULT, "no buffer");
	put_text(name, "half");
	is_int(copyfile_sweep(d), 0, "what is ours while we live");
	ok(holds(name, "half"), "stays");
	drop(name);
	pid_t child = fork();
	if (child == 0) {
		int r = copyfile_temp_name(AT_FDCWD, "d/x", name, sizeof name);

		if (r == 0)
			close(open(name, O_WRONLY | O_CREAT | O_EXCL, 0600));
		_exit(r != 0);
	}
	waitpid(child, NULL, 0);
	is_int(count_names("d"), 1, "a child has left one");
	is_int(copyfile_sweep(d), 1, "which is removed");
	is_int(count_names("d"), 0, "so it is");
	close(d);
	is_int(copyfile_sweep(-1), -EBADF, "no directory");
}

int main(void)
{
	scratch_enter("atomic");
	mkdir("d", 0755);
	put_text("src", "source");
	chmod("src", 0640);
	put_pattern("big", 1 << 20, 1);
	is_int(symlink("nowhere", "link"), 0, "a symlink to copy");
	for (int i = 0; i < SCHEDULES; i++) {
		test_new(schedules[i].flag, schedules[i].name);
		test_replaced(schedules[i].flag, schedules[i].name);
		test_symlinks(schedules[i].flag, schedules[i].name);
	}
	long_setup(1, 10);
	test_at_the_end();
	test_names();
	return scratch_done();
}
