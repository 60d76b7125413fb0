/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Threads of the library: they get no signal, and start in a program, too, whose
 * thread-local variables are larger than the stack that they need.
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include <signal.h>

#include "tap.h"
#include "thread.h"

static _Thread_local char large[1 << 20];

static void *look(void *arg)
{
	sigset_t *blocked = arg;

	large[sizeof large - 1] = 1;
	pthread_sigmask(SIG_SETMASK, NULL, blocked);
	return large;
}

int main(void)
{
	sigset_t blocked, mine;
	pthread_t thread;
	void *its = NULL;

	is_int(cf_thread_start(&thread, look, &blocked), 0, "a thread is started");
	pthread_join(thread, &its);
	ok(its && its != large, "with thread-local variables of its own, of 1 MiB");
	ok(sigismember(&blocked, SIGINT) && sigismember(&blocked, SIGTERM) &&
	   sigismember(&blocked, SIGUSR1), "it has all signals blocked");
	pthread_sigmask(SIG_SETMASK, NULL, &mine);
	ok(!sigismember(&mine, SIGINT), "the thread that starts it has not");
	return done_testing();
}
