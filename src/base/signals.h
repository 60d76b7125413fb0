/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signals - what users ask of a running pcp by signals. */
#ifndef PCP_SIGNALS_H
#define PCP_SIGNALS_H

#include <stdbool.h>

/*
 * Catch SIGINT, SIGTERM, SIGHUP and SIGPIPE, which ask for an orderly end, SIGUSR1
 * and SIGTSTP, unless they are ignored.
 */
void signals_init(void);

/* From now on the handlers call wake(arg), which wakes main; it must be async-signal-safe. */
void signals_wake(void (*wake)(void *arg), void *arg);

/*
 * Main only, before anything that may wait: from now on signals_interrupt() makes a system call in
 * which the main thread waits fail with EINTR.  It may miss one that is about to begin.
 */
void signals_let_interrupt(void);
void signals_interrupt(void);

/* Block all signals, as the result of the run is final. */
void signals_close(void);

/* Main only: returns true if SIGUSR1 came since the last call. */
bool signals_snapshot(void);

/* Main only: if SIGTSTP came, call clear(), which clears the screen, and stop. */
void signals_suspend(void (*clear)(void));

/* The signal that asked for an end, or 0.  Any thread. */
int signals_ender(void);

/*
 * Call this at the very end.  If a signal has asked for the end, die by that signal; or,
 * where that is not possible, exit with the status 128 + its number.
 */
void signals_die(void);

#endif
