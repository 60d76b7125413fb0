/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The names of a directory as the kernel writes them: each once, whatever its length, with
 * its type and inode.  It fails if the layout of the kernel's records is not what reader.c
 * takes it for.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "tap.h"
#include "walk/reader.h"

/* Names of all lengths, and so many more that it takes several buffers */
enum { LONGEST = 255, MORE = 3000 };

static int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		bail_out("cannot open %s: %s", path, strerror(errno));
	return fd;
}

/* Returns true if n is what lstat(2) tells. */
static bool is_right(int fd, const struct reader_name *n)
{
	struct stat st;

	if (fstatat(fd, n->name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
		diag("%s: %s", n->name, strerror(errno));
		return false;
	}
	if (st.st_ino == n->ino && (!n->type || n->type == (st.st_mode & S_IFMT)))
		return true;
	diag("%s: inode %ju, type %o", n->name, (uintmax_t)n->ino, n->type);
	return false;
}

/* The number of file_name(n), or 0 */
static int number_of(const char *name)
{
	size_t len = strlen(name);

	if (name[0] == 'n' && len <= LONGEST && strspn(name, "n") == len)
		return (int)len;
	return name[0] == 'm' ? LONGEST + atoi(name + 1) : 0;
}

static void make_file(int n)
{
	char name[LONGEST + 1];

	if (n <= LONGEST) {
		memset(name, 'n', n);
		name[n] = '\0';
	} else {
		snprintf(name, sizeof name, "m%d", n - LONGEST);
	}
	put_text(name, "");
}

static void test_names(void)
{
	static unsigned char seen[LONGEST + MORE + 1];
	struct reader r;
	struct reader_name name;
	int fd, n, wrong = 0, missing = 0, result;

	for (n = 1; n <= LONGEST + MORE; n++)
		make_file(n);
	fd = open_dir(".");
	reader_begin(&r, fd);
	while ((result = reader_next(&r, &name)) > 0) {
		n = number_of(name.name);
		wrong += n < 1 || n > LONGEST + MORE || seen[n]++ || !is_right(fd, &name);
	}
	for (n = 1; n <= LONGEST + MORE; n++)
		missing += !seen[n];
	is_int(result, 0, "the end is told");
	is_int(wrong, 0, "no name that is not there, or twice, or with another type or inode");
	is_int(missing, 0, "all names of 1 to 255 bytes, over several buffers");
	is_int(reader_next(&r, &name), 0, "the end is told once more");
	reader_end(&r);
	close(fd);
}

/* Returns how often an inode in the working directory comes after one that is not before it. */
static int steps_back(int *ret_count)
{
	struct reader r;
	struct reader_name name;
	ino_t last = 0;
	int fd = open_dir("."), steps = 0;

	*ret_count = 0;
	reader_begin(&r, fd);
	while (reader_next(&r, &name) > 0) {
		++*ret_count;
		steps += name.ino <= last;
		last = name.ino;
	}
	reader_end(&r);
	close(fd);
	return steps;
}

static void test_order(void)
{
	int count, steps = steps_back(&count);

	is_int(count, LONGEST + MORE, "all names");
	/* The first call brings some hundred of them, the second one the rest. */
	ok(steps <= 1, "in the order of their inodes, but for %d steps back", steps);
}

/* tmpfs begins with what was made last. */
static void test_order_of_tmpfs(void)
{
	char dir[] = ON_TMPFS;
	int count;

	if (!make_on_tmpfs(dir)) {
		skip(2, "no tmpfs at /dev/shm");
		return;
	}
	if (chdir(dir) != 0)
		bail_out("cannot enter %s: %s", dir, strerror(errno));
	for (int n = 1; n <= 101; n++)
		make_file(n);
	is_int(steps_back(&count), 0, "tmpfs: in the order of their inodes");
	is_int(count, 101, "all names");
	if (chdir(scratch_dir) != 0)
		bail_out("cannot leave %s: %s", dir, strerror(errno));
	remove_tree(dir);
}

static void test_types(void)
{
	struct reader r;
	struct reader_name name;
	int fd, count = 0, wrong = 0;

	if (mkdir("types", 0755) != 0 || mkdir("types/dir", 0755) != 0 ||
	    mkfifo("types/fifo", 0644) != 0 || symlink("nowhere", "types/symlink") != 0)
		bail_out("cannot make types: %s", strerror(errno));
	put_text("types/...", "");
	put_text("types/..x", "");
	put_text("types/.x", "");
	fd = open_dir("types");
	reader_begin(&r, fd);
	while (reader_next(&r, &name) > 0) {
		count++;
		wrong += !is_right(fd, &name);
	}
	reader_end(&r);
	is_int(count, 6, "all but . and ..");
	is_int(wrong, 0, "each has its type");
	close(fd);
}

static void test_no_names(void)
{
	struct reader r;
	struct reader_name name;
	int fd;

	if (mkdir("gone", 0755) != 0)
		bail_out("cannot make gone: %s", strerror(errno));
	fd = open_dir("gone");
	reader_begin(&r, fd);
	is_int(reader_next(&r, &name), 0, "an empty directory");
	ok(!r.removed, "it is there");
	if (rmdir("gone") != 0)
		bail_out("cannot remove gone: %s", strerror(errno));
	reader_begin(&r, fd);
	is_int(reader_next(&r, &name), 0, "a directory that has been removed");
	ok(r.removed, "that is known");
	close(fd);
}

static void test_errors(void)
{
	struct reader r;
	struct reader_name name;
	int fd;

	put_text("file", "");
	fd = open("file", O_RDONLY | O_CLOEXEC);
	reader_begin(&r, fd);
	is_int(reader_next(&r, &name), -ENOTDIR, "a file");
	close(fd);
	reader_begin(&r, -1);
	is_int(reader_next(&r, &name), -EBADF, "nothing");
}

int main(void)
{
	scratch_enter("reader");
	test_names();
	test_order();
	test_order_of_tmpfs();
	test_types();
	test_no_names();
	test_errors();
	return done_testing();
}
