/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exit() while copies are under way: they are cancelled, and what they created is
 * removed, whoever makes them.
 */
#include <config.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "scratch.h"
#include "tap.h"

/* Run fn in a child that ends by exit(); its status, and how long it took in *ms */
static int exit_status(void (*fn)(void), long *ms)
{
	struct timespec begin, end;
	int status;
	pid_t pid;

	before_fork();
	fflush(NULL);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	pid = fork();
	if (pid == 0) {
		fn();
		exit(3);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bail_out("no child: %s", strerror(errno));
	clock_gettime(CLOCK_MONOTONIC, &end);
	*ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
	if (!WIFEXITED(status))
		diag("killed by signal %d", WTERMSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test(const char *name, void (*fn)(void))
{
	long ms;

	is_int(exit_status(fn, &ms), 3, "%s: exit", name);
	ok(ms < 4000, "%s: within a moment (%ld ms)", name, ms);
	is_int(count_names("d"), 0, "%s: no file is left", name);
	remove_tree("d");
	mkdir("d", 0755);
}

static void with_cookies(void)
{
	int i, cookie;
	char dst[16];

	long_setup(2, 16);
	for (i = 0; i < 10; i++) {
		snprintf(dst, sizeof dst, "d/%d", i);
		cookie = long_start(dst, 0);
		/* It may take all threads */
		if (i == 0)
			wait_for_data(cookie);
	}
}

static void *copy_in_call(void *arg)
{
	int ret = copyfile("long", arg, (LONG_FLAGS & ~COPYFILE_ASYNC) | COPYFILE_SYNC);

	return ret < 0 ? arg : NULL;
}

static void wait_for_file(const char *name)
{
	while (stat_of(name).st_size == 0)
		sched_yield();
}

static void with_callers(void)
{
	static char names[3][8] = { "d/x", "d/y", "d/z" };
	pthread_t threads[3];
	int i;

	long_setup(2, 16);
	for (i = 0; i < 3; i++) {
		pthread_create(&threads[i], NULL, copy_in_call, names[i]);
		pthread_detach(threads[i]);
	}
	for (i = 0; i < 3; i++)
		wait_for_file(names[i]);
}

static void with_both(void)
{
	with_callers();
	with_cookies();
}

/* Threads that have copied and are gone must not be waited for */
static void with_old_callers(void)
{
	pthread_t thread;
	char name[16];
	int i;

	put_text("small", "small");
	for (i = 0; i < 50; i++) {
		pthread_create(&thread, NULL, copy_in_call, strcpy(name, "absent/x"));
		pthread_join(thread, NULL);
	}
	if (copyfile("small", "d/small", COPYFILE_SYNC) != 0 || unlink("d/small") != 0)
		_exit(9);
	with_cookies();
}

static void refuse(void)
{
	errno = 0;
	if (copyfile("long", "d/late", COPYFILE_SYNC) != -ECANCELED || errno != ECANCELED)
		_exit(10);
	if (copyfile("long", "d/late", COPYFILE_ASYNC) != -ECANCELED)
		_exit(11);
	if (copyfile("long", "d/late", 0) != -ECANCELED)
		_exit(12);
}

static void with_late_copies(void)
{
	/* Before the library's: it runs after that */
	atexit(refuse);
	with_cookies();
}

static void *keep_copying(void *arg)
{
	char dst[16];

	for (unsigned int i = 0;; i++) {
		snprintf(dst, sizeof dst, "d/%s%u", (const char *)arg, i % 8);
		/* Until it is refused */
		if (finish(copyfile("s", dst, i % 2 ? COPYFILE_SYNC : 0)) != 0)
			break;
		if (unlink(dst) != 0)
			break;
	}
	for (;;)
		pause();
	return NULL;
}

static void with_busy_threads(void)
{
	static char names[4][2] = { "a", "b", "c", "d" };
	pthread_t threads[4];
	int i;

	put_text("s", "small");
	for (i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, keep_copying, names[i]);
	usleep(20000);
}

/* Nobody reads from it: the copy may be stuck where it is opened */
static void with_stuck_copy(void)
{
	if (mkfifo("d/fifo", 0644) != 0 ||
	    copyfile("long", "d/fifo", COPYFILE_ASYNC | COPYFILE_TRUNCATE) <= 0)
		_exit(9);
	usleep(50000);
}

/* Files in a directory that are not so long */
static int count_parts(const char *path, off_t size)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct stat st;
	int n = 0;

	while (dir && (entry = readdir(dir)) != NULL)
		if (fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode))
			n += st.st_size != size;
	if (dir)
		closedir(dir);
	return n;
}

static void in_handler(int sig)
{
	(void)sig;
	exit(3);
}

/* It is no place to call exit() from; but that must end */
static void from_handler(void)
{
	signal(SIGALRM, in_handler);
	ualarm(50000, 0);
	copy_in_call(strcpy((char[8]){ 0 }, "d/h"));
	_exit(4);
}

static void child_exits(void)
{
	exit(0);
}

static void test_child(void)
{
	int cookie, ret;
	long ms;

	long_setup(2, 16);
	cookie = long_start("d/parent", 0);
	wait_for_data(cookie);
/* Its sanitizer would look for the parent's threads. */
#if !defined(SCRATCH_TSAN) && !defined(SCRATCH_ASAN)
	is_int(exit_status(child_exits, &ms), 0, "a child exits");
	ok(ms < 2000, "and does not wait for its parent's copy (%ld ms)", ms);
#else
	(void)ms;
	(void)child_exits;
#endif
	ok(!readable(cookie, 0), "which goes on");
	ret = cancel(cookie);
	is_int(ret, -ECANCELED, "until the parent cancels it");
}

int main(void)
{
	long ms;

	/* A child that hangs must not hang the test run */
	alarm(300);
	scratch_enter("exit");
	mkdir("d", 0755);
	put_hole("long", LONG_SIZE);
	test("cookies", with_cookies);
	test("copies in calls of other threads", with_callers);
	test("both", with_both);
	test("threads that are gone", with_old_callers);
	test("copies are refused from then on", with_late_copies);
	is_int(exit_status(with_busy_threads, &ms), 3, "threads that never stop: exit");
	ok(ms < 4000, "within a moment (%ld ms)", ms);
	is_int(count_parts("d", 5), 0, "what is there is whole");
	remove_tree("d");
	mkdir("d", 0755);
	is_int(exit_status(from_handler, &ms), 3, "exit() in a handler, in the middle of a copy");
	ok(ms < 9000, "ends (%ld ms)", ms);
	remove_tree("d");
	mkdir("d", 0755);
	is_int(exit_status(with_stuck_copy, &ms), 3, "a copy that is stuck: exit");
	ok(ms < 9000, "it is not waited for for ever (%ld ms)", ms);
	remove_tree("d");
	mkdir("d", 0755);
	test_child();
	/* The parent has copied by now: its children have inherited the handler */
	test("cookies, of a child of a process that copies", with_cookies);
	test("copies in calls, likewise", with_callers);
	return scratch_done();
}
