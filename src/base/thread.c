/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a new thread inherits the signal mask of the one that starts it.  To block the
 * signals there first leaves no moment in which the new thread could be interrupted.
 */
#include <config.h>

#include "base/thread.h"

#include <signal.h>

int thread_start(pthread_t *ret, void *(*start)(void *arg), void *arg)
{
	sigset_t blocked, old;

	sigfillset(&blocked);
	sigdelset(&blocked, SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &blocked, &old);
	int err = pthread_create(ret, NULL, start, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return err;
}
