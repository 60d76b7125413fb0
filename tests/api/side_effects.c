/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the library leaves alone in its caller's process: signals and their dispositions,
 * masks, the working directory, a pending cancellation.  A signal ends a wait, and no more.
 */
#include <config.h>

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "scratch.h"
#include "tap.h"

static volatile sig_atomic_t signals_seen;

static void count_signal(int sig)
{
	(void)sig;
	signals_seen++;
}

static void test_interrupted_wait(int sa_flags, const char *name)
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

static void test_threads_block_signals(void)
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
	ok(sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGINT) &&
	   sigismember(&pending, SIGTERM),
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

static void test_hands_off(void)
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
		if (sigaction(sig, NULL, &after) == 0 &&
		    (before[sig].sa_handler != after.sa_handler ||
		     before[sig].sa_flags != after.sa_flags))
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

static void *work_in_thread(void *arg)
{
	int *ret = arg;

	*ret = copy("src", "cancellable", COPYFILE_ASYNC | COPYFILE_REPLACE);
	return NULL;
}

static void test_no_cancellation_point(void)
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

int main(void)
{
	scratch_enter("side_effects");
	long_setup(0, 0);
	test_interrupted_wait(0, "plain");
	test_interrupted_wait(SA_RESTART, "SA_RESTART");
	test_threads_block_signals();
	test_hands_off();
	test_no_cancellation_point();
	return scratch_done();
}
