/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the hook of a run is told of its directories: each one once, those below before
 * those above, how many entries there were, and whether all went well.  A run is made in a
 * child, as a process can make one only; the child writes into memory that is shared.
 */
#include <config.h>

#include <pthread.h>
#include <sys/mman.h>

#include "base/options.h"
#include "base/stop.h"
#include "cmdline/cmdline.h"
#include "copy/context.h"
#include "progname.h"
#include "report/output.h"
#include "report/status.h"
#include "run.h"
#include "scratch.h"
#include "tree/dir.h"
#include "tree/dirpath.h"
#include "walk/target.h"

/* As main.c has it */
const char version_etc_copyright[] = "";

enum { MOST = 256, NAME = 64, NOBODY = 65534 };

/* One directory, as the hook was told of it */
struct seen {
	char name[NAME];		/* of its destination */
	struct dir_result result;
};

static struct {
	pthread_mutex_t lock;
	int n;
	struct seen seen[MOST];		/* in the order of the calls */
} *told;

/* What a run is to do, besides copying */
static struct {
	const char *args[8];
	int nargs;
	enum stop_why stop;		/* as soon as a directory is complete */
	bool as_nobody;
} wanted;

static bool (*complete_run)(void *arg, struct dir *d, const struct dir_result *result);

static bool note(void *arg, struct dir *d, const struct dir_result *result)
{
	char *path = dir_dst_path(d, "");
	struct seen *s;

	pthread_mutex_lock(&told->lock);
	s = &told->seen[told->n < MOST ? told->n++ : 0];
	snprintf(s->name, NAME, "%s", path);
	s->result = *result;
	pthread_mutex_unlock(&told->lock);
	free(path);
	if (wanted.stop)
		stop_request(wanted.stop);
	return complete_run(arg, d, result);
}

static int run(void)
{
	static struct context c;
	struct options options;

	if (!freopen("messages", "w", stderr) || (wanted.as_nobody && setuid(NOBODY) < 0))
		return 99;
	set_program_name("pcp");
	output_init();
	cmdline_parse(&options, wanted.nargs, (char **)wanted.args);
	output_begin(&options);
	run_init(&c, &options);
	complete_run = c.dirs.config.complete;
	c.dirs.config.complete = note;
	target_copy_operands(&c);
	run_fini(&c);
	return status_exit_code();
}

/* Run pcp -RT src dst with the number of jobs.  Returns its exit status. */
static int copy_tree(const char *jobs)
{
	const char *args[] = { "pcp", "-RT", jobs, "--window=8", "src", "dst", NULL };

	memcpy(wanted.args, args, sizeof args);
	wanted.nargs = 6;
	told->n = 0;
	return in_child(run);
}

static const struct seen * find(const char *name)
{
	const struct seen *found = NULL;
	int i;

	for (i = 0; i < told->n; i++) {
		if (strcmp(told->seen[i].name, name))
			continue;
		if (found)
			return NULL;
		found = &told->seen[i];
	}
	return found;
}

static void result_is(const char *name, int entries, int failed, bool clean)
{
	const struct seen *s = find(name);

	if (!ok(s && s->result.entries == (uint64_t)entries &&
		s->result.failed == (uint64_t)failed && s->result.clean == clean,
		"%s: %d entries, %d failed, %s", name, entries, failed,
		clean ? "clean" : "not clean") && s)
		diag("%d entries, %d failed, %s", (int)s->result.entries, (int)s->result.failed,
		     s->result.clean ? "clean" : "not clean");
	if (!s)
		diag("there was no call for %s, or more than one", name);
}

/* Every directory comes before the one that it is in. */
static bool in_order(void)
{
	int i, j;

	for (i = 0; i < told->n; i++)
		for (j = i + 1; j < told->n; j++) {
			size_t len = strlen(told->seen[i].name);

			if (!strncmp(told->seen[i].name, told->seen[j].name, len) &&
			    told->seen[j].name[len] == '/')
				return false;
		}
	return true;
}

static void make_dir(const char *name)
{
	if (mkdir(name, 0777) < 0 || chmod(name, 0777) < 0)
		bail_out("cannot make %s: %s", name, strerror(errno));
}

/* src: two directories, one with another below, and one that is empty */
static void make_tree(void)
{
	static const char *const dirs[] = { "src", "src/a", "src/a/deep", "src/b", "src/empty" };
	static const char *const files[] = {
		"src/a/1", "src/a/2", "src/a/deep/3", "src/a/deep/4", "src/b/5",
	};
	size_t i;

	for (i = 0; i < sizeof dirs / sizeof *dirs; i++)
		make_dir(dirs[i]);
	for (i = 0; i < sizeof files / sizeof *files; i++)
		put_text(files[i], "text");
}

static void remove_trees(void)
{
	remove_tree("src");
	if (exists("dst"))
		remove_tree("dst");
}

static void test_good(const char *jobs)
{
	make_tree();
	is_int(copy_tree(jobs), 0, "%s: a good tree", jobs);
	is_int(told->n, 5, "each directory is complete once");
	ok(in_order(), "those below come first");
	result_is("dst", 9, 0, true);
	result_is("dst/a", 5, 0, true);
	result_is("dst/a/deep", 2, 0, true);
	result_is("dst/b", 1, 0, true);
	result_is("dst/empty", 0, 0, true);
	remove_trees();
}

/* A directory is in the place of a file, which even root can't overwrite. */
static void test_failed(const char *jobs)
{
	make_tree();
	make_dir("dst");
	make_dir("dst/a");
	make_dir("dst/a/deep");
	make_dir("dst/a/deep/4");
	is_int(copy_tree(jobs), 1, "%s: a file that fails deep below", jobs);
	ok(in_order(), "those below come first");
	result_is("dst", 9, 1, false);
	result_is("dst/a", 5, 1, false);
	result_is("dst/a/deep", 2, 1, false);
	result_is("dst/b", 1, 0, true);
	remove_trees();
}

static void test_unreadable(const char *jobs)
{
	make_tree();
	if (chmod("src/b", 0) < 0)
		bail_out("chmod: %s", strerror(errno));
	wanted.as_nobody = geteuid() == 0;
	is_int(copy_tree(jobs), 1, "%s: a directory that can't be read", jobs);
	wanted.as_nobody = false;
	result_is("dst", 8, 0, false);
	result_is("dst/a", 5, 0, true);
	result_is("dst/b", 0, 0, false);
	result_is("dst/empty", 0, 0, true);
	chmod("src/b", 0777);
	remove_trees();
}

enum { DIRS = 60, FILES = 100 };

static void make_wide_tree(void)
{
	char name[NAME];
	int i, j;

	make_dir("src");
	for (i = 0; i < DIRS; i++) {
		snprintf(name, sizeof name, "src/%d", i);
		make_dir(name);
		for (j = 0; j < FILES; j++) {
			snprintf(name, sizeof name, "src/%d/%d", i, j);
			put_text(name, "text");
		}
	}
}

/* Returns true if all files are in each directory that was called clean. */
static bool clean_are_complete(void)
{
	int i;

	for (i = 0; i < told->n; i++) {
		const struct seen *s = &told->seen[i];

		if (!s->result.clean || (count_names(s->name) == FILES &&
					 s->result.entries == FILES && !s->result.failed))
			continue;
		diag("%s: %d names, and clean", s->name, count_names(s->name));
		return false;
	}
	return true;
}

static void test_stop(const char *jobs, enum stop_why why)
{
	const struct seen *top;

	make_wide_tree();
	wanted.stop = why;
	copy_tree(jobs);
	wanted.stop = STOP_NOT;
	top = find("dst");
	ok(top && !top->result.clean, "%s: stopped in the middle, the top is not clean", jobs);
	is_int(told->n, count_names("dst") + 1, "each directory that was made is complete once");
	ok(clean_are_complete(), "all files of a directory that is clean are there");
	ok(in_order(), "those below come first");
	remove_trees();
}

int main(void)
{
	static const char *const jobs[] = { "-j1", "-j4" };
	pthread_mutexattr_t shared;
	size_t i;

	told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		bail_out("mmap: %s", strerror(errno));
	pthread_mutexattr_init(&shared);
	pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&told->lock, &shared);
	scratch_enter("complete");
	umask(0);
	if (chmod(".", 0777) < 0)
		bail_out("chmod: %s", strerror(errno));
	for (i = 0; i < sizeof jobs / sizeof *jobs; i++) {
		test_good(jobs[i]);
		test_failed(jobs[i]);
		test_unreadable(jobs[i]);
		test_stop(jobs[i], STOP_ERRORS);
		test_stop(jobs[i], STOP_TIME);
		test_stop(jobs[i], STOP_SIGNAL);
	}
	return done_testing();
}
