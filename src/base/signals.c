/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: a handler sets a flag, and wakes main, which reads it.  The first signal that asks
 * for an end has pending copies cancelled, so that none is left half done under its name;
 * when all have ended pcp dies by that signal, as its parent expects.  A second one kills at
 * once.
 *
 * The first process of a PID namespace, as the command of a container is, cannot die by a
 * signal: the kernel ignores the default action there.  It exits with the status that a
 * shell would give for that death.
 *
 * Handlers run in main, but for SIGPIPE, which goes to the thread that writes: the other
 * threads block all signals but that.  One SIGPIPE follows another as long as somebody
 * writes, and the interrupt that ended this run may have ended the reader, too; so a SIGPIPE
 * never counts as the second signal.
 *
 * SIGALRM only interrupts main, which another thread has told to stop.
 *
 * No SA_RESTART: main may be waiting for an answer, or for the other end of a FIFO.
 */
#include <config.h>

#include "base/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

#include "base/stop.h"

static const int enders[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

static atomic_int ender;		/* the first that came, or 0 */
static atomic_bool snapshot, suspend;
static void (*_Atomic wake_main)(void *arg);
static void *wake_arg;
static pthread_t main_thread;		/* for signals_interrupt() */

static void wake(void)
{
	void (*call)(void *arg) = wake_main;

	if (call)
		call(wake_arg);
}

/* Safe in a handler, where sig is blocked */
static _Noreturn void die_by(int sig)
{
	sigset_t only;

	signal(sig, SIG_DFL);
	sigemptyset(&only);
	sigaddset(&only, sig);
	pthread_sigmask(SIG_UNBLOCK, &only, NULL);
	raise(sig);
	_exit(128 + sig);
}

static void on_end(int sig)
{
	int err = errno, none = 0;
	bool first = atomic_compare_exchange_strong(&ender, &none, sig);

	if (!first && sig != SIGPIPE)
		die_by(sig);
	stop_request(STOP_SIGNAL);
	wake();
	errno = err;
}

static void on_other(int sig)
{
	int err = errno;

	*(sig == SIGUSR1 ? &snapshot : &suspend) = true;
	wake();
	errno = err;
}

static void catch(int sig, void (*handler)(int))
{
	struct sigaction old, action = { .sa_handler = handler };

	sigemptyset(&action.sa_mask);
	/* What nohup(1) or a shell has ignored stays so. */
	if (sigaction(sig, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(sig, &action, NULL);
}

void signals_init(void)
{
	for (size_t i = 0; i < sizeof enders / sizeof *enders; i++)
		catch(enders[i], on_end);
	catch(SIGUSR1, on_other);
	catch(SIGTSTP, on_other);
}

void signals_wake(void (*call)(void *arg), void *arg)
{
	wake_arg = arg;
	wake_main = call;
}

static void on_interrupt(int sig)
{
	(void)sig;
}

void signals_let_interrupt(void)
{
	struct sigaction action = { .sa_handler = on_interrupt };
	sigset_t only;

	sigemptyset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&only);
	sigaddset(&only, SIGALRM);
	pthread_sigmask(SIG_UNBLOCK, &only, NULL);
	main_thread = pthread_self();
}

void signals_interrupt(void)
{
	pthread_kill(main_thread, SIGALRM);
}

void signals_close(void)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	wake_main = NULL;
}

bool signals_snapshot(void)
{
	return snapshot && atomic_exchange(&snapshot, false);
}

void signals_suspend(void (*clear)(void))
{
	if (!suspend || !atomic_exchange(&suspend, false))
		return;
	clear();
	/* Not raise(SIGTSTP): an orphaned process group would not stop by that. */
	raise(SIGSTOP);
}

int signals_ender(void)
{
	return ender;
}

void signals_die(void)
{
	if (ender)
		die_by(ender);
}
