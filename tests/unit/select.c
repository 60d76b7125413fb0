/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of the source is copied: by its type, its file system and the options. */
#include <config.h>

#include <fnmatch.h>
#include <string.h>

#include "base/options.h"
#include "exclude.h"
#include "tap.h"
#include "walk/select.h"

enum { HERE = 1, ELSEWHERE = 2 };

static const mode_t types[] = { S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK };

static struct options recursive(void)
{
	return (struct options){
		.recursive = true, .follow = FOLLOW_NEVER, .max_size = UINT64_MAX,
		.newer = OPTIONS_LONG_AGO, .older = OPTIONS_NEVER,
	};
}

/* The answer for an entry of which only the type is known */
static enum select_answer by_type(const struct options *o, mode_t type)
{
	return select_query(o, &(struct select_query){
		.type = type, .parent_dev = HERE,
	});
}

/* The answer for an entry that has been looked at, on the device dev */
static enum select_answer
by_stat(const struct options *o, mode_t type, dev_t dev, bool operand)
{
	const struct stat st = { .st_mode = type | 0644, .st_dev = dev };

	return select_query(o, &(struct select_query){
		.type = type, .st = &st, .parent_dev = HERE, .operand = operand,
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
	struct select_query operand = { .type = S_IFLNK, .operand = true };

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
	struct options o = recursive();

	o.recursive = false;
	o.follow = FOLLOW_ALWAYS;
	is_int(by_stat(&o, S_IFDIR, HERE, true), SELECT_OMIT, "no -R: a directory is left out");
	is_int(by_stat(&o, S_IFREG, HERE, true), SELECT_COPY, "no -R: a file");
	is_int(by_stat(&o, S_IFIFO, HERE, true), SELECT_COPY, "no -R: a FIFO");
}

/* One test point: which of names, of 16 at most, a pattern leaves out; want has an x for each. */
static void leaves_out(const char *pattern, int flags, const char *const *names,
		       const char *want, const char *what)
{
	char answers[17];
	struct options o = recursive();
	struct exclude *exclude = new_exclude();
	int i;

	add_exclude(exclude, pattern, flags);
	o.exclude = exclude;
	for (i = 0; names[i]; i++)
		answers[i] = select_excludes(&o, names[i]) ? 'x' : '-';
	answers[i] = '\0';
	free_exclude(exclude);
	if (!ok(!strcmp(answers, want), "%s", what))
		diag("got %s, want %s", answers, want);
}

static void test_names(void)
{
	const int flags = EXCLUDE_WILDCARDS | FNM_LEADING_DIR;
	static const char *const below[] = {
		"a", "b/a", "b/a/", "./a", "b/./a", "b/.//a", "ab", NULL
	};
	static const char *const top[] = {
		"a/b", "/a/b", "./a/b", "x/./a/b", "x/a/b", "a/b/c", NULL
	};
	static const char *const dots[] = {
		".", "..", "a/.", "a/..", "./", "../", "a/./", "", NULL
	};
	static const char *const all[] = { "...", ".a", "a/...", "/", "..a/", NULL };

	leaves_out("a", flags, below, "xxxxxx-", "a name, wherever it is");
	leaves_out("a/b", flags | EXCLUDE_ANCHORED, top, "x-xx-x",
		   "from the beginning, or what ends in /. on");
	leaves_out("*", flags, dots, "--------", "what ends in a dot stands for its contents");
	leaves_out("*", flags, all, "xxxxx", "but three dots are a name");
}

static void test_excluded(void)
{
	struct exclude *exclude = new_exclude();
	struct options o = recursive();
	struct select_query dir = { .path = "src/x", .type = S_IFDIR };
	struct select_query operand = { .path = "x", .type = S_IFREG, .operand = true };
	struct select_query other = { .path = "src/y", .type = S_IFREG };

	add_exclude(exclude, "x", EXCLUDE_WILDCARDS);
	o.exclude = exclude;
	o.one_file_system = true;
	is_int(select_query(&o, &dir), SELECT_EXCLUDE, "a directory, without a look at it");
	is_int(select_query(&o, &operand), SELECT_EXCLUDE, "an operand");
	is_int(select_query(&o, &other), SELECT_COPY, "but not another one");
	free_exclude(exclude);
}

static void test_sizes(void)
{
	struct options o = recursive();
	struct stat st = { .st_mode = S_IFREG | 0644, .st_size = 10 };
	struct select_query file = { .type = S_IFREG, .st = &st };

	is_int(select_query(&o, &file), SELECT_COPY, "any size");
	o.min_size = 10;
	o.max_size = 10;
	is_int(by_type(&o, S_IFREG), SELECT_STAT, "by size: look at a file");
	is_int(by_type(&o, S_IFIFO), SELECT_COPY, "but not at a FIFO");
	is_int(by_type(&o, S_IFDIR), SELECT_ENTER, "nor at a directory");
	is_int(select_query(&o, &file), SELECT_COPY, "just that size");
	st.st_size = 9;
	is_int(select_query(&o, &file), SELECT_EXCLUDE, "a byte less");
	st.st_size = 11;
	is_int(select_query(&o, &file), SELECT_EXCLUDE, "a byte more");
}

static void test_times(void)
{
	struct options o = recursive();
	struct stat st = { .st_mode = S_IFLNK | 0777, .st_mtim = { .tv_sec = 5, .tv_nsec = 7 } };
	struct select_query link = { .type = S_IFLNK, .st = &st };

	o.newer = st.st_mtim;
	o.older = (struct timespec){ .tv_sec = 5, .tv_nsec = 8 };
	is_int(by_type(&o, S_IFIFO), SELECT_STAT, "by time: look at whatever is no directory");
	is_int(by_type(&o, S_IFDIR), SELECT_ENTER, "but not at a directory");
	is_int(select_query(&o, &link), SELECT_COPY, "the first moment");
	o.newer.tv_nsec = 8;
	is_int(select_query(&o, &link), SELECT_EXCLUDE, "before it");
	o.newer.tv_nsec = 0;
	o.older = st.st_mtim;
	is_int(select_query(&o, &link), SELECT_EXCLUDE, "the moment that comes too late");
}

int main(void)
{
	test_types();
	test_symlinks();
	test_one_file_system();
	test_not_recursive();
	test_names();
	test_excluded();
	test_sizes();
	test_times();
	return done_testing();
}
