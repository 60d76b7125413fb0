/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * temp: what is removed is certainly a temporary name of a process that has ended; whatever
 * leaves a doubt stays.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "temp.h"

#include <sys/wait.h>

#include "scratch.h"
#include "tap.h"

static int dir;

/* Puts a file with a temporary name into d, by a process that has ended then. */
static char *left_by_the_dead(void)
{
	static char name[CF_TEMP_LEN + 3];
	int ends[2];

	if (pipe(ends) < 0)
		bail_out("pipe: %s", strerror(errno));
	pid_t child = fork();
	if (child == 0) {
		char *temp = cf_temp_name(AT_FDCWD, "d/file");

		if (!temp || write(ends[1], temp, strlen(temp) + 1) < 0)
			_exit(1);
		_exit(0);
	}
	close(ends[1]);
	if (read(ends[0], name, sizeof name) != sizeof name)
		bail_out("the child has made no name");
	close(ends[0]);
	waitpid(child, NULL, 0);
	put_text(name, "half of it");
	return name;
}

static void test_names(void)
{
	char *first = cf_temp_name(AT_FDCWD, "d/file"), *second = cf_temp_name(dir, "file");

	is_int(strlen(first), CF_TEMP_LEN + 2, "a name has its length: %s", first);
	is_int(strlen(second), CF_TEMP_LEN, "so it has relative to a directory");
	ok(strncmp(first, "d/.copyfile-", 12) == 0, "it is beside the file");
	ok(strcmp(first + 2, second) != 0, "each is another one");
	free(first);
	free(second);
}

static void test_removed(void)
{
	const char *name = left_by_the_dead();

	is_int(cf_temp_sweep(dir), 1, "what is left of a process that has ended");
	ok(!exists(name), "is removed");
	is_int(symlink("nowhere", name), 0, "a symlink");
	is_int(cf_temp_sweep(dir), 1, "is removed as well");
	is_int(count_names("d"), 0, "nothing is left");
}

/* name stays, which is then removed. */
static void stays(const char *name, const char *what)
{
	put_text(name, "a user's");
	is_int(cf_temp_sweep(dir), 0, "%s", what);
	ok(holds(name, "a user's"), "stays");
	drop(name);
}

static void test_stays(void)
{
	char *ours = cf_temp_name(AT_FDCWD, "d/file"), name[CF_TEMP_LEN + 8];
	const char *dead = left_by_the_dead();
	size_t len = strlen(dead);

	drop(dead);
	stays(ours, "what belongs to a process that is alive");
	free(ours);
	for (size_t i = 12; i < len; i++) {
		strcpy(name, dead);
		name[i] = name[i] == '0' ? '1' : '0';
		put_text(name, "a user's");
	}
	is_int(cf_temp_sweep(dir), 0, "names that differ in one digit");
	is_int(count_names("d"), (int)len - 12, "stay, all of them");
	remove_tree("d");
	mkdir("d", 0755);
	close(dir);
	dir = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(name, sizeof name, "%s~", dead);
	stays(name, "a longer name");
	snprintf(name, sizeof name, "%.*s", (int)len - 1, dead);
	stays(name, "a shorter one");
	stays("d/.copyfile-", "the beginning of one");
	stays("d/.copyfile-0123456789abcdef", "another one");
	stays("d/.copyfile-0000000000000000000000000000000000000000000000000000000000000000",
	      "zeros");
}

static void test_directory(void)
{
	const char *name = left_by_the_dead();

	drop(name);
	mkdir(name, 0755);
	is_int(cf_temp_sweep(dir), 0, "a directory");
	ok(exists(name), "stays");
	drop(name);
}

/* The name was made in another directory. */
static void test_elsewhere(void)
{
	const char *name = left_by_the_dead();
	char copy[CF_TEMP_LEN + 8];

	mkdir("other", 0755);
	snprintf(copy, sizeof copy, "other/%s", name + 2);
	put_text(copy, "a copy");
	int other = open("other", O_PATH | O_DIRECTORY | O_CLOEXEC);
	is_int(cf_temp_sweep(other), 0, "in another directory");
	ok(holds(copy, "a copy"), "it stays");
	close(other);
	int path = open("d", O_PATH | O_DIRECTORY | O_CLOEXEC);
	is_int(cf_temp_sweep(path), 1, "in its own, by an O_PATH descriptor, not");
	close(path);
	remove_tree("other");
}

int main(void)
{
	int before = count_fds();

	scratch_enter("temp");
	mkdir("d", 0755);
	dir = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	test_names();
	test_removed();
	test_stays();
	test_directory();
	test_elsewhere();
	is_int(cf_temp_sweep(-1), -EBADF, "what is no directory");
	close(dir);
	is_int(count_fds(), before, "no descriptor is left behind");
	return done_testing();
}
