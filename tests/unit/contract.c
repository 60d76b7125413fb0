/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a client may rely on whatever it copies: return values and errno, the
 * cookie as a descriptor, who gets a result and that none is lost, signals,
 * and what the library keeps its hands off.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "scratch.h"
#include "tap.h"

static const unsigned long commands[] = {
	COPYFILE_WAIT, COPYFILE_STATUS, COPYFILE_CANCEL, COPYFILE_PAUSE, COPYFILE_RESUME,
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void
test_return_values(void)
{
	int i, ret, cookie;

	put_text("src", "hello");
	for (i = 0; i < SCHEDULES; i++) {
		errno = 0;
		ret = copy("absent", "dst", schedules[i].flag);
		is_int(ret, -ENOENT, "%s: no source is ENOENT", schedules[i].name);
		is_int(errno, ENOENT, "%s: errno says the same", schedules[i].name);
		is_int(copy("src", "dst", schedules[i].flag), 0, "%s: a copy gives 0",
		       schedules[i].name);
		ok(same_data("src", "dst"), "%s: and the copy is one", schedules[i].name);
		drop("dst");
	}

	ret = copyfile("src", "dst", COPYFILE_SYNC);
	is_int(ret, 0, "SYNC gives no cookie");
	drop("dst");
	cookie = copyfile("src", "dst", COPYFILE_ASYNC);
	ok(cookie >= 3, "ASYNC gives a cookie, even for a small file");
	is_int(finish(cookie), 0, "and that ends well");
	drop("dst");

	cookie = copyfile("absent", "dst", COPYFILE_ASYNC);
	ok(cookie >= 3, "ASYNC gives a cookie, even for a source that is not there");
	errno = 0;
	is_int(finish(cookie), -ENOENT, "the cookie has the error");
	is_int(errno, ENOENT, "errno has it when the cookie is awaited");
}

static void
test_bad_calls(void)
{
	static const long strangers[] = { -1, 0, 1, 2, 1000000, LONG_MAX, LONG_MIN };
	static const unsigned long unknown[] = { 0, 6, 255, ULONG_MAX };
	struct copyfile_info info;
	unsigned int i, j;
	int cookie, own;

	for (i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		for (j = 0; j < COMMANDS; j++) {
			errno = 0;
			is_int(copyfile_ctrl(strangers[i], commands[j]), -EBADF,
			       "cookie %ld, command %lu: EBADF", strangers[i], commands[j]);
			is_int(errno, EBADF, "with errno set");
		}
		if (strangers[i] != 0)
			is_int(copyfile_info(strangers[i], &info, sizeof(info)), -EBADF,
			       "copyfile_info of cookie %ld: EBADF", strangers[i]);
	}

	own = open("/dev/null", O_RDONLY | O_CLOEXEC);
	is_int(copyfile_ctrl(own, COPYFILE_WAIT), -EBADF, "a descriptor is no cookie");
	is_int(fcntl(own, F_GETFD), FD_CLOEXEC, "and it is left open");
	close(own);

	cookie = long_start("dst", 0);
	if (LONG_MAX > INT_MAX)
		is_int(copyfile_ctrl((long)(cookie | 1ULL << 32), COPYFILE_STATUS), -EBADF,
		       "a long that is a cookie only in its low half: EBADF");
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		errno = 0;
		is_int(copyfile_ctrl(cookie, unknown[i]), -ENOSYS,
		       "command %lu: ENOSYS", unknown[i]);
		is_int(errno, ENOSYS, "with errno set");
	}
	ok(copyfile_ctrl(cookie, COPYFILE_CANCEL) > 0, "which released nothing");
	is_int(finish(cookie), -ECANCELED, "the copy's own result comes later");
	for (i = 0; i < COMMANDS; i++)
		is_int(copyfile_ctrl(cookie, commands[i]), -EBADF,
		       "command %lu on a released cookie: EBADF", commands[i]);
}

static int
null_pointers(void)
{
	struct copyfile_info info;
	int cookie = long_start("null", 0), i, bad = 0;

	if (copyfile_info(0, NULL, 64) != -EFAULT || errno != EFAULT)
		bad |= 1;
	if (copyfile_info(cookie, NULL, sizeof(info)) != -EFAULT
	    || copyfile_info(cookie, NULL, 0) != -EFAULT)
		bad |= 2;
	if (copyfile_stats(NULL, sizeof(struct copyfile_stats)) != -EFAULT || errno != EFAULT
	    || copyfile_advice(NULL, sizeof(struct copyfile_advice)) != -EFAULT)
		bad |= 4;
	if (copyfile_setup(NULL, sizeof(struct copyfile_setup)) != -EFAULT)
		bad |= 8;
	for (i = 0; i < SCHEDULES; i++) {
		if (copyfile(NULL, "null2", schedules[i].flag) != -EFAULT || errno != EFAULT
		    || copyfile("long", NULL, schedules[i].flag) != -EFAULT
		    || copyfile(NULL, NULL, schedules[i].flag) != -EFAULT)
			bad |= 16;
		info = last_info();
		if (info.error != -EFAULT)
			bad |= 32;
	}
	if (copyfileat(AT_FDCWD, NULL, AT_FDCWD, "null2", NULL, 0) != -EFAULT
	    || copyfileat(AT_FDCWD, "long", AT_FDCWD, NULL, NULL, 0) != -EFAULT)
		bad |= 64;
	if (copyfileat(AT_FDCWD, "long", AT_FDCWD, "null2", NULL, sizeof(struct copyfile_how))
	    != -EFAULT)
		bad |= 128;
	if (cancel(cookie) != -ECANCELED)
		bad |= 256;
	return bad || exists("null2") ? bad % 255 + 1 : 0;
}

static void
test_null_pointers(void)
{
	is_int(in_child(null_pointers), 0, "null pointers are EFAULT, and nothing crashes");
}

static void
test_descriptor(void)
{
	int cookie, ret;

	cookie = long_start("dst", 0);
	is_int(fcntl(cookie, F_GETFD), FD_CLOEXEC, "a cookie is close-on-exec");
	ok(!readable(cookie, 0), "it is not readable while the copy goes on");
	ret = copyfile_ctrl(cookie, COPYFILE_STATUS);
	ok(ret >= 1 && ret <= 100, "STATUS of a live copy is within 1 to 100 (%d)", ret);
	wait_for_data(cookie);
	ok(!readable(cookie, 0), "progress does not make it readable");
	ret = copyfile_ctrl(cookie, COPYFILE_CANCEL);
	ok(ret >= 1 && ret <= 100, "CANCEL of a live copy is within 1 to 100 (%d)", ret);
	ok(readable(cookie, 60000), "its end makes it readable");
	ok(readable(cookie, 0), "it stays readable");
	is_int(copyfile_ctrl(cookie, COPYFILE_STATUS), -ECANCELED,
	       "readable: STATUS gives the result at once, and reaps");
	is_int(copyfile_ctrl(cookie, COPYFILE_STATUS), -EBADF, "it is gone then");
	ok(!exists("dst"), "so is the destination");
}

/* Whichever way the copy runs, poll() and STATUS must never disagree */
static void
test_readable_is_ended(void)
{
	int early = 0, late = 0, lost = 0, range = 0;
	int i, cookie, ret;
	bool was;

	put_pattern("src", 300000, 1);
	for (i = 0; i < 300; i++) {
		cookie = copyfile("src", "dst", COPYFILE_ASYNC | COPYFILE_REPLACE);
		if (cookie <= 0) {
			lost++;
			continue;
		}
		do {
			was = readable(cookie, 0);
			ret = copyfile_ctrl(cookie, COPYFILE_STATUS);
			if (ret > 100)
				range++;
			if (was && ret > 0)
				early++;
			if (ret > 0 && i % 2 == 0 && !readable(cookie, 60000)) {
				late++;
				ret = finish(cookie);
			}
		} while (ret > 0);
		if (ret != 0)
			lost++;
	}
	is_int(early, 0, "never readable before the end");
	is_int(late, 0, "always readable after it");
	is_int(lost, 0, "300 copies, 300 good ends");
	is_int(range, 0, "never more than 100 percent remain");
	drop("dst");
}

static void
test_results_are_kept(void)
{
	enum { N = 24 };
	int cookies[N], i, wrong = 0;
	char name[16];

	put_text("src", "kept");
	for (i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "k%d", i);
		cookies[i] = copyfile(i % 3 == 0 ? "absent" : "src", name, COPYFILE_ASYNC);
	}
	for (i = 0; i < N; i++)
		if (cookies[i] <= 0 || !readable(cookies[i], 60000))
			wrong++;
	is_int(wrong, 0, "%d copies end without anybody asking", N);
	is_int(copy("src", "other", COPYFILE_SYNC), 0, "another copy is made meanwhile");
	for (i = N - 1; i >= 0; i--) {
		int want = i % 3 == 0 ? -ENOENT : 0;

		if (cookies[i] > 0 && copyfile_ctrl(cookies[i], COPYFILE_STATUS) != want)
			wrong++;
	}
	is_int(wrong, 0, "their results are all still there, last first");
}

static int
closed_standard_descriptors(void)
{
	int cookies[8], i, bad = 0;
	char name[16];

	for (i = 0; i < 3; i++)
		close(i);
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		cookies[i] = copyfile("src", name, COPYFILE_ASYNC);
		if (cookies[i] < 3)
			bad |= 1;
	}
	for (i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		if (finish(cookies[i]) != 0 || !same_data("src", name))
			bad |= 2;
	}
	if (copy("src", "sync", COPYFILE_SYNC) != 0 || !same_data("src", "sync"))
		bad |= 4;
	if (copy("src", "default", 0) != 0 || !same_data("src", "default"))
		bad |= 8;
	return bad;
}

static void
test_closed_standard_descriptors(void)
{
	put_pattern("src", 10000, 2);
	is_int(in_child(closed_standard_descriptors), 0,
	       "with 0, 1 and 2 closed cookies are 3 and above, and copies good");
}

static volatile sig_atomic_t signals_seen;

static void
count_signal(int sig)
{
	(void)sig;
	signals_seen++;
}

static void
test_interrupted_wait(int sa_flags, const char *name)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = sa_flags };
	struct itimerval tick = { { 0, 50000 }, { 0, 50000 } }, off = { { 0, 0 }, { 0, 0 } };
	struct sigaction before;
	int cookie, ret;

	drop("dst");
	sigaction(SIGALRM, &action, &before);
	cookie = long_start("dst", 0);
	signals_seen = 0;
	setitimer(ITIMER_REAL, &tick, NULL);
	ret = copyfile_ctrl(cookie, COPYFILE_WAIT);
	setitimer(ITIMER_REAL, &off, NULL);
	if (ret == 0 && signals_seen == 0)
		skip(2, "%s: the copy was over before the first signal", name);
	else {
		ok(ret >= 1 && ret <= 100, "%s: a signal ends WAIT with 1 to 100 (%d)",
		   name, ret);
		ok(signals_seen > 0, "%s: after the handler ran", name);
	}
	if (ret > 0)
		cancel(cookie);
	drop("dst");

	/* A whole copy under a rain of signals: no EINTR may surface */
	put_pattern("src", 8 << 20, 3);
	tick.it_interval.tv_usec = tick.it_value.tv_usec = 1000;
	setitimer(ITIMER_REAL, &tick, NULL);
	is_int(copy("src", "dst", COPYFILE_ASYNC), 0, "%s: interrupted async copy", name);
	is_int(copy("src", "dst2", COPYFILE_SYNC | COPYFILE_NO_REFLINK | COPYFILE_NO_SPARSE),
	       0, "%s: interrupted sync copy", name);
	setitimer(ITIMER_REAL, &off, NULL);
	ok(same_data("src", "dst") && same_data("src", "dst2"), "%s: both are good", name);
	drop("dst");
	drop("dst2");
	sigaction(SIGALRM, &before, NULL);
}

static void
test_threads_block_signals(void)
{
	sigset_t mask, old, pending;
	int cookie;

	cookie = long_start("dst", 0);
	wait_for_data(cookie);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &mask, &old);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGINT);
	kill(getpid(), SIGTERM);
	sigemptyset(&pending);
	sigpending(&pending);
	ok(sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGINT)
	   && sigismember(&pending, SIGTERM),
	   "no thread of the library takes the application's signals");
	signal(SIGUSR1, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	cancel(cookie);
}

static void
test_hands_off(void)
{
	struct sigaction before[NSIG], after;
	char cwd[2][PATH_MAX];
	int sig, changed = 0;
	sigset_t mask[2];
	mode_t mode;

	for (sig = 1; sig < NSIG; sig++)
		if (sigaction(sig, NULL, &before[sig]) != 0)
			before[sig].sa_handler = SIG_ERR;
	pthread_sigmask(SIG_BLOCK, NULL, &mask[0]);
	umask(027);
	if (getcwd(cwd[0], PATH_MAX) == NULL)
		bail_out("getcwd: %s", strerror(errno));

	put_text("src", "hands off");
	is_int(copy("src", "h1", COPYFILE_SYNC | COPYFILE_ATTRS | COPYFILE_LENIENT), 0,
	       "sync copy with attributes");
	is_int(copy("src", "h2", COPYFILE_ASYNC | COPYFILE_ATTRS | COPYFILE_LENIENT), 0,
	       "async copy with attributes");

	for (sig = 1; sig < NSIG; sig++)
		if (sigaction(sig, NULL, &after) == 0
		    && (before[sig].sa_handler != after.sa_handler
			|| before[sig].sa_flags != after.sa_flags))
			changed++;
	is_int(changed, 0, "signal dispositions are as they were");
	pthread_sigmask(SIG_BLOCK, NULL, &mask[1]);
	for (sig = 1; sig < NSIG; sig++)
		if (sigismember(&mask[0], sig) != sigismember(&mask[1], sig))
			changed++;
	is_int(changed, 0, "so is the caller's signal mask");
	mode = umask(022);
	is_int(mode, 027, "so is the umask");
	ok(getcwd(cwd[1], PATH_MAX) != NULL && strcmp(cwd[0], cwd[1]) == 0,
	   "so is the working directory");
}

struct sleeper {
	int cookie;
	int ret;			/* the last one it got */
	_Atomic pid_t tid;
};

static void *
sleep_for_result(void *arg)
{
	struct sleeper *self = arg;

	self->tid = (pid_t)syscall(SYS_gettid);
	do
		self->ret = copyfile_ctrl(self->cookie, COPYFILE_WAIT);
	while (self->ret > 0);
	return NULL;
}

/* Whether a thread of ours is asleep, as the kernel sees it */
static bool
asleep(pid_t tid)
{
	char path[64], text[512], *end;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	if (got <= 0)
		return false;
	text[got] = '\0';
	end = strrchr(text, ')');
	return end != NULL && end[1] == ' ' && end[2] == 'S';
}

static void
wait_until_asleep(_Atomic pid_t *tid)
{
	struct timespec ms = { .tv_nsec = 1000000 };
	int calm = 0, i;

	/* Asleep for a while, so that it isn't on the way there */
	for (i = 0; i < 60000 && calm < 30; i++) {
		calm = *tid != 0 && asleep(*tid) ? calm + 1 : 0;
		nanosleep(&ms, NULL);
	}
}

static void
test_one_gets_the_result(void)
{
	struct sleeper sleeper[3];
	pthread_t thread[3];
	int i, cookie, ret, results = 0, strays = 0;

	/* One sleeps in WAIT: it is the one */
	cookie = long_start("dst", 0);
	sleeper[0] = (struct sleeper){ .cookie = cookie };
	pthread_create(&thread[0], NULL, sleep_for_result, &sleeper[0]);
	wait_until_asleep(&sleeper[0].tid);
	ret = copyfile_ctrl(cookie, COPYFILE_STATUS);
	ok(ret > 0, "STATUS beside a sleeping thread gives > 0 (%d)", ret);
	ret = copyfile_ctrl(cookie, COPYFILE_CANCEL);
	ok(ret > 0, "CANCEL beside a sleeping thread gives > 0 (%d)", ret);
	do
		ret = copyfile_ctrl(cookie, COPYFILE_STATUS);
	while (ret > 0);
	is_int(ret, -EBADF, "who only looked on never gets the result");
	pthread_join(thread[0], NULL);
	is_int(sleeper[0].ret, -ECANCELED, "who slept does");

	/* Three at once: one gets it, the others are told that it is gone */
	cookie = long_start("dst", 0);
	for (i = 0; i < 3; i++) {
		sleeper[i] = (struct sleeper){ .cookie = cookie };
		pthread_create(&thread[i], NULL, sleep_for_result, &sleeper[i]);
	}
	for (i = 0; i < 3; i++)
		while (sleeper[i].tid == 0)
			sched_yield();
	wait_for_data(cookie);
	ret = copyfile_ctrl(cookie, COPYFILE_CANCEL);
	ok(ret > 0, "cancelled under three waiting threads (%d)", ret);
	for (i = 0; i < 3; i++) {
		pthread_join(thread[i], NULL);
		if (sleeper[i].ret == -ECANCELED)
			results++;
		else if (sleeper[i].ret != -EBADF)
			strays++;
	}
	is_int(results, 1, "of three waiting threads one gets the result");
	is_int(strays, 0, "the others get EBADF");
}

static int
file_too_large(void)
{
	struct rlimit limit = { 65536, 65536 };
	struct copyfile_info info;
	int i, bad = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 128;
	for (i = 0; i < SCHEDULES; i++) {
		if (copy("src", "dst", schedules[i].flag) != -EFBIG)
			bad |= 1;
		info = last_info();
		if (info.stage != COPYFILE_WRITE && info.stage != COPYFILE_MOVE)
			bad |= 2;
		if (exists("dst") || info.partial != COPYFILE_PARTIAL_REMOVED)
			bad |= 4;
	}
	return bad;
}

static void
test_failed_write(void)
{
	put_pattern("src", 1 << 20, 5);
	is_int(in_child(file_too_large), 0,
	       "EFBIG: stage MOVE or WRITE, the partial file is removed");
}

static void *
work_in_thread(void *arg)
{
	int *ret = arg;

	*ret = copy("src", "cancellable", COPYFILE_ASYNC | COPYFILE_REPLACE);
	return NULL;
}

static void
test_no_cancellation_point(void)
{
	void *how_ended = NULL;
	pthread_t thread;
	int ret = 1;

	put_text("src", "not cancelled");
	pthread_create(&thread, NULL, work_in_thread, &ret);
	pthread_cancel(thread);
	pthread_join(thread, &how_ended);
	is_int(ret, 0, "a thread with a cancellation pending can copy");
	ok(how_ended != PTHREAD_CANCELED, "no call is a cancellation point");
}

int
main(void)
{
	int before = count_fds();

	scratch_enter("contract");
	long_setup(0, 0);
	test_return_values();
	test_bad_calls();
	test_null_pointers();
	test_descriptor();
	test_readable_is_ended();
	test_results_are_kept();
	test_closed_standard_descriptors();
	test_interrupted_wait(0, "plain");
	test_interrupted_wait(SA_RESTART, "SA_RESTART");
	test_threads_block_signals();
	test_hands_off();
	test_one_gets_the_result();
	test_failed_write();
	test_no_cancellation_point();
	is_int(copyfile_shutdown(), 0, "shutdown");
	is_int(count_fds(), before, "no descriptor is left behind");
	return done_testing();
}
