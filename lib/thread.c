/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a thread of the library needs little stack, as a copy keeps at most a few KiB
 * there.  In glibc the thread-local variables of the program take their room from it.
 */
#include <config.h>

#include "thread.h"

#include <errno.h>
#include <signal.h>

#define STACK_SIZE (256 * 1024)

int cf_thread_start(pthread_t *ret, void *(*run)(void *), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, old;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int err = pthread_create(ret, &attr, run, arg);
	/* The program's thread-local variables do not leave room for a stack. */
	if (err == EINVAL)
		err = pthread_create(ret, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return -err;
}
