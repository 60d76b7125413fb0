/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of the source is copied: by its type, its file system and the options. */
#include <config.h>

#include "base/options.h"
#include "tap.h"
#include "walk/select.h"

enum { HERE = 1, ELSEWHERE = 2 };

static const mode_t types[] = { S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK };

static struct options recursive(void)
{
	return (struct options){ .recursive = true, .follow = FOLLOW_NEVER };
}

/* The answer for an entry of which only the type is known */
static enum select_answer by_type(const struct options *o, mode_t type)
{
	return select_query(o, &(struct select_query){
		.name = "x", .type = type, .parent_dev = HERE,
	});
}

/* The answer for an entry that has been looked at, on the device dev */
static enum select_answer
by_stat(const struct options *o, mode_t type, dev_t dev, bool operand)
{
	const struct stat st = { .st_mode = type | 0644, .st_dev = dev };

	return select_query(o, &(struct select_query){
		.name = "x", .type = type, .st = &st, .parent_dev = HERE, .operand = operand,
	});
}

static void test_types(void)
{
	struct options o = recursive();
	unsigned int i;

	for (i = 0; i < sizeof types / sizeof *types; i++) {
		enum select_answer want = types[i] == S_IFDIR ? SELECT_ENTER : SELECT_COPY;

		is_int(by_type(&o, types[i]), want, "type %o: no stat is needed", types[i]);
		is_int(by_stat(&o, types[i], ELSEWHERE, false), want, "type %o, with stat",
		       types[i]);
	}
	is_int(by_type(&o, 0), SELECT_STAT, "no type: look");
}

static void test_symlinks(void)
{
	struct options o = recursive();
	struct select_query operand = { .name = "x", .type = S_IFLNK, .operand = true };

	is_int(select_query(&o, &operand), SELECT_COPY, "-P: a symlink is copied");
	o.follow = FOLLOW_OPERANDS;
	is_int(select_query(&o, &operand), SELECT_STAT, "-H: look where an operand leads");
	is_int(by_type(&o, S_IFLNK), SELECT_COPY, "-H: but no other symlink");
	o.follow = FOLLOW_ALWAYS;
	is_int(by_type(&o, S_IFLNK), SELECT_STAT, "-L: look where it leads");
	is_int(by_type(&o, S_IFREG), SELECT_COPY, "-L: a file needs no stat");
	is_int(by_stat(&o, S_IFDIR, HERE, false), SELECT_ENTER, "-L: to a directory");
	is_int(by_stat(&o, S_IFREG, HERE, false), SELECT_COPY, "-L: to a file");
}

static void test_one_file_system(void)
{
	struct options o = recursive();

	o.one_file_system = true;
	is_int(by_type(&o, S_IFREG), SELECT_COPY, "-x: a file needs no stat");
	is_int(by_type(&o, S_IFDIR), SELECT_STAT, "-x: look at a directory");
	is_int(by_stat(&o, S_IFDIR, HERE, false), SELECT_ENTER, "-x: on this file system");
	is_int(by_stat(&o, S_IFDIR, ELSEWHERE, false), SELECT_MAKE, "-x: on another");
	is_int(by_stat(&o, S_IFDIR, ELSEWHERE, true), SELECT_ENTER, "-x: an operand");
	is_int(by_stat(&o, S_IFREG, ELSEWHERE, false), SELECT_COPY, "-x: a file on another");
}

static void test_not_recursive(void)
{
	struct options o = { .follow = FOLLOW_ALWAYS };

	is_int(by_stat(&o, S_IFDIR, HERE, true), SELECT_OMIT, "no -R: a directory is left out");
	is_int(by_stat(&o, S_IFREG, HERE, true), SELECT_COPY, "no -R: a file");
	is_int(by_stat(&o, S_IFIFO, HERE, true), SELECT_COPY, "no -R: a FIFO");
}

int main(void)
{
	test_types();
	test_symlinks();
	test_one_file_system();
	test_not_recursive();
	return done_testing();
}
