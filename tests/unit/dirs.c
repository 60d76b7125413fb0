/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Directories: their full names, when they are complete, and their descriptors within a
 * budget: parked, opened again, and found to be others.
 */
#include <config.h>

#include <pthread.h>
#include <stdatomic.h>

#include "progname.h"
#include "report/output.h"
#include "scratch.h"
#include "tree/dir.h"
#include "tree/dirfds.h"
#include "tree/dirpath.h"
#include "tree/dirrefs.h"
#include "tree/dirresult.h"

enum { THREADS = 4, ROUNDS = 2000, WIDE = 6 };

static struct {
	struct dirs all;
	struct dir cwd;
	char order[1024];		/* names of what was completed, each with a blank */
	struct dir_result last;		/* of the directory that was completed last */
	bool fails;			/* the hook does */
	bool defers;
	struct work *deferred;
	struct dir *_Atomic pinned;	/* that the next wait unpins */
	atomic_int completed, waits;
} t;

static bool on_wait(void *arg)
{
	struct dir *d = atomic_exchange(&t.pinned, NULL);

	(void)arg;
	t.waits++;
	if (d)
		dir_unpin(d);
	return d;
}

static bool on_defer(void *arg, struct work *work)
{
	(void)arg;
	if (t.defers)
		t.deferred = work;
	return t.defers;
}

static bool on_has_end_work(void *arg, const struct dir *d)
{
	(void)arg;
	(void)d;
	return true;
}

static bool on_complete(void *arg, struct dir *d, const struct dir_result *result)
{
	(void)arg;
	t.last = *result;
	t.completed++;
	strncat(t.order, d->name[DIR_DST], sizeof t.order - strlen(t.order) - 2);
	strcat(t.order, " ");
	return !t.fails;
}

/* As above, for many threads */
static bool on_complete_count(void *arg, struct dir *d, const struct dir_result *result)
{
	(void)arg;
	(void)d;
	if (result->clean)
		t.completed++;
	return true;
}

static void begin(unsigned int max_fds)
{
	const struct dirs_config config = {
		.max_fds = max_fds, .wait_one = on_wait, .defer = on_defer,
		.has_end_work = on_has_end_work, .complete = on_complete,
	};

	memset(&t, 0, sizeof t);
	dirs_init(&t.all, &config, &t.cwd);
}

/* A new directory, with both its sides made */
static struct dir *make_pair(struct dir *parent, const char *src, const char *dst)
{
	char *names[] = { dir_src_path(parent, src), dir_dst_path(parent, dst) };
	struct stat st;
	struct dir *d;

	for (int i = 0; i < 2; i++)
		if (mkdir(names[i], 0777) < 0)
			bail_out("cannot make %s: %s", names[i], strerror(errno));
	st = stat_of(names[0]);
	d = dir_new(parent, src, dst, &st);
	st = stat_of(names[1]);
	dir_expect_dst(d, &st);
	free(names[0]);
	free(names[1]);
	return d;
}

static void remove_pair(const char *src, const char *dst)
{
	remove_tree(src);
	remove_tree(dst);
}

/* ----------------------------------------------------------------------- names */

static void path_is(struct dir *d, const char *name, const char *want)
{
	char *got = dir_src_path(d, name);

	if (!ok(!strcmp(got, want), "\"%s\"", want))
		diag("got \"%s\"", got);
	free(got);
}

static void test_paths(void)
{
	static const struct {
		const char *dir, *name, *path;
	} cases[] = {
		{ "dir", "x", "dir/x" }, { "dir/", "x", "dir/x" }, { "dir//", "x", "dir/x" },
		{ "dir", "", "dir" }, { "dir//", "", "dir//" }, { "", "x", "x" },
		{ "", "", "" }, { "/", "x", "/x" }, { "//", "x", "/x" }, { "/", "", "/" },
		{ "a/b", "x", "a/b/x" }, { ".", "x", "./x" },
	};
	const struct stat st = { .st_mode = 0 };
	struct dir *a, *b;

	begin(2);
	path_is(&t.cwd, "x", "x");
	path_is(&t.cwd, "/x/", "/x/");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		a = dir_new(&t.cwd, cases[i].dir, "other", &st);
		path_is(a, cases[i].name, cases[i].path);
		dir_put(a);
	}
	a = dir_new(&t.cwd, "a//", "other", &st);
	b = dir_new(a, "b", "side", &st);
	path_is(b, "", "a/b");
	path_is(b, "x", "a/b/x");
	char *dst = dir_dst_path(b, "x");
	ok(!strcmp(dst, "other/side/x"), "the destination has names of its own");
	free(dst);
	dir_put(b);
	dir_put(a);
	struct dir top;
	dir_init_top(&top, &t.all, AT_FDCWD, "to//");
	a = dir_new(&top, "a", "A//", &st);
	dst = dir_dst_path(a, "x");
	ok(!strcmp(dst, "to//A/x"), "at the top it is what was given: \"%s\"", dst);
	free(dst);
	path_is(a, "x", "a/x");
	dir_put(a);
}

/* ------------------------------------------------------------ references, results */

static void test_references(void)
{
	begin(64);
	struct dir *a = make_pair(&t.cwd, "a", "A"), *b = make_pair(a, "b", "B");
	struct dir *c = make_pair(b, "c", "C");

	dir_put(a);
	dir_put(b);
	is_int(t.completed, 0, "a directory is not complete while one below is not");
	dir_get(c);
	dir_put(c);
	is_int(t.completed, 0, "nor while there is a reference");
	dir_put(c);
	ok(!strcmp(t.order, "C B A "), "the last reference completes all, from below");

	t.defers = true;
	a = make_pair(&t.cwd, "d", "D");
	dir_put(a);
	is_int(t.completed, 3, "the end of a directory can be left to another thread");
	t.defers = false;
	t.deferred->run(t.deferred);
	is_int(t.completed, 4, "which completes it");
	is_int(t.all.open_fds, 0, "no descriptor counts as open");
	remove_pair("a", "A");
	remove_pair("d", "D");
}

static void result_is(int entries, int failed, bool clean, const char *what)
{
	ok(t.last.entries == (uint64_t)entries && t.last.failed == (uint64_t)failed &&
	   t.last.clean == clean, "%s", what);
}

static void test_results(void)
{
	const struct stat st = { .st_mode = 0 };
	struct dir *a, *b;

	begin(2);
	a = dir_new(&t.cwd, "a", "A", &st);
	dir_count_entry(a, false);
	b = dir_new(a, "b", "B", &st);
	dir_count_entry(b, false);
	dir_count_entry(b, true);
	dir_put(b);
	result_is(2, 1, false, "two entries, of which one failed");
	dir_put(a);
	result_is(3, 1, false, "those below count for the directory above");

	a = dir_new(&t.cwd, "a", "A", &st);
	b = dir_new(a, "b", "B", &st);
	t.fails = true;
	dir_put(b);
	result_is(0, 0, true, "an empty directory is clean");
	t.fails = false;
	dir_put(a);
	result_is(0, 0, false, "but not the one above, if its end fails");

	a = dir_new(&t.cwd, "a", "A", &st);
	a->make_failed = true;
	dir_put(a);
	result_is(0, 0, false, "nor one that could not be made");

	a = dir_new(&t.cwd, "a", "A", &st);
	dir_mark_unfinished(a);
	dir_put(a);
	result_is(0, 0, false, "nor one that is marked");
}

/* ---------------------------------------------------------------------- descriptors */

static bool is_open(const struct dir *d)
{
	return dir_src_fd(d) >= 0 && dir_dst_fd(d) >= 0;
}

static bool fds_lead_to(const struct dir *d, const char *src, const char *dst)
{
	struct stat st[2], want[2] = { stat_of(src), stat_of(dst) };

	return is_open(d) && fstat(dir_src_fd(d), &st[0]) == 0 &&
	       fstat(dir_dst_fd(d), &st[1]) == 0 && st[0].st_ino == want[0].st_ino &&
	       st[1].st_ino == want[1].st_ino;
}

static void test_parking(void)
{
	int before = count_fds();

	begin(2);
	struct dir *a = make_pair(&t.cwd, "a", "A"), *b = make_pair(a, "b", "B");
	struct dir *c = make_pair(&t.cwd, "c", "C");

	ok(dir_pin(a) && is_open(a), "a directory is open while it is pinned");
	dir_unpin(a);
	ok(is_open(a) && a->idle, "and stays so when it is idle");
	ok(dir_pin(c) && !is_open(a), "until the budget of 2 is needed for another one");
	is_int(count_fds(), before + 2, "two descriptors are open");
	dir_unpin(c);
	ok(dir_pin(b) && fds_lead_to(b, "a/b", "A/B"), "one is opened by those above, parked");
	ok(!is_open(c), "in place of the one that is idle");
	is_int(t.all.open_fds, 2, "within the budget");
	dir_unpin(b);

	ok(dir_pin(a) && !is_open(b), "the first is opened again");
	t.pinned = a;
	ok(dir_pin(b) && is_open(b), "where none is idle, the end of a copy is awaited");
	ok(t.waits == 1 && !is_open(a), "whose directory then is parked");
	ok(dir_pin(c) && is_open(b) && is_open(c), "with no copy either, the budget is exceeded");
	dir_unpin(c);
	ok(!is_open(c) && t.all.open_fds == 2, "for no longer than is needed");
	dir_unpin(b);

	dir_put(a);
	dir_put(b);
	dir_put(c);
	is_int(t.completed, 3, "all are complete");
	is_int(count_fds(), before, "and all descriptors closed");
	remove_pair("a", "A");
	remove_pair("c", "C");
}

static void test_way_back(void)
{
	begin(2);
	struct dir *a = make_pair(&t.cwd, "a", "A"), *b = make_pair(a, "b", "B");

	ok(dir_pin(a), "the way down");
	dir_unpin(a);
	ok(dir_pin(b) && !is_open(a), "parks the directory above");
	dir_unpin(b);
	dir_put(b);
	ok(fds_lead_to(a, "a", "A"), "the end of the one below opens it again");
	is_int(t.all.open_fds, 2, "within the budget");
	dir_put(a);
	is_int(t.all.open_fds, 0, "all are closed");
	remove_pair("a", "A");
}

/* What was reported is in the file "messages". */
static bool stale_was_reported(const char *name)
{
	char want[256], got[256] = "";
	FILE *f = fopen("messages", "r");

	fflush(stderr);
	snprintf(want, sizeof want, "cannot access '%s': %s\n", name, strerror(ESTALE));
	while (f && fgets(got, sizeof got, f))
		;
	fclose(f);
	if (strstr(got, want))
		return true;
	diag("%s", got);
	return false;
}

static void test_moved(void)
{
	begin(2);
	struct dir *a = make_pair(&t.cwd, "a", "A"), *b = make_pair(&t.cwd, "b", "B");

	ok(dir_pin(a), "a directory is opened");
	dir_unpin(a);
	ok(dir_pin(b) && !is_open(a), "and parked");
	dir_unpin(b);
	rename("a", "moved");
	mkdir("a", 0777);
	ok(!dir_pin(a) && stale_was_reported("a"), "if another one has its name, it is stale");
	ok(!a->pins && !is_open(a) && t.all.open_fds == 0, "it is not pinned then, nor open");
	rmdir("a");
	rename("moved", "a");
	ok(dir_pin(a), "when it is back it can be used");
	dir_unpin(a);
	ok(dir_pin(b) && !is_open(a), "once more");
	dir_unpin(b);
	rename("A", "moved");
	mkdir("A", 0777);
	ok(!dir_pin(a) && stale_was_reported("A"), "likewise on the other side");
	dir_put(a);
	ok(!t.last.clean, "it is not clean for that");
	dir_put(b);
	ok(t.last.clean, "another one is");
	remove_pair("a", "A");
	remove_pair("b", "B");
	remove_tree("moved");
}

static void test_weak(void)
{
	begin(64);
	struct dir *a = make_pair(&t.cwd, "a", "A"), *b = make_pair(a, "b", "B");

	dir_get_weak(b);
	dir_put(b);
	dir_put(a);
	is_int(t.completed, 2, "a weak reference keeps no directory from its end");
	ok(dir_pin_dst(b) && dir_src_fd(b) < 0, "the destination can be opened after that");
	ok(stat_of("A/B").st_ino == b->dst_ino, "which it is");
	dir_unpin(b);
	dir_put_weak(b);
	is_int(t.all.open_fds, 0, "with the last weak reference it is closed");
	remove_pair("a", "A");
}

/* -------------------------------------------------------------------- many threads */

static struct dir *wide[WIDE];
static atomic_bool wrong;

static void *pin_and_unpin(void *arg)
{
	unsigned int random = (unsigned int)(uintptr_t)arg;

	for (int i = 0; i < ROUNDS; i++) {
		random = random * 1103515245 + 12345;
		struct dir *d = wide[(random >> 16) % WIDE];
		struct stat st;

		dir_get(d);
		if (!dir_pin(d) || fstat(dir_src_fd(d), &st) < 0 || st.st_ino != d->st.st_ino)
			wrong = true;
		dir_get_pinned(d);
		dir_count_entry(d, false);
		dir_put_pinned(d);
		dir_unpin(d);
		dir_put(d);
	}
	for (int i = 0; i < WIDE; i++)
		dir_put(wide[i]);
	return NULL;
}

static void test_threads(void)
{
	pthread_t threads[THREADS];
	char name[] = "0";

	begin(4);
	t.all.config.complete = on_complete_count;
	struct dir *top = make_pair(&t.cwd, "top", "TOP");
	for (int i = 0; i < WIDE; i++) {
		name[0] = (char)('0' + i);
		wide[i] = make_pair(i % 2 ? wide[i - 1] : top, name, name);
		for (int j = 1; j < THREADS; j++)
			dir_get(wide[i]);
	}
	dir_put(top);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, pin_and_unpin, (void *)(uintptr_t)(i + 1)))
			bail_out("no threads");
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ok(!wrong, "each thread had the directory that it wanted");
	is_int(t.completed, WIDE + 1, "each directory was complete once, and clean");
	is_int((long long)t.cwd.count.entries, THREADS * ROUNDS, "no entry was lost");
	is_int(t.all.open_fds, 0, "nothing is open");
	remove_pair("top", "TOP");
}

int main(void)
{
	scratch_enter("dirs");
	set_program_name("pcp");
	output_init();
	if (!freopen("messages", "w", stderr))
		bail_out("messages: %s", strerror(errno));
	test_paths();
	test_references();
	test_results();
	test_parking();
	test_way_back();
	test_moved();
	test_weak();
	test_threads();
	return done_testing();
}
