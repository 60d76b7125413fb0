/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signals - what is said to pcp from outside. */
#ifndef PCP_SIGNALS_H
#define PCP_SIGNALS_H

#include <stdbool.h>

/*
 * Catch SIGINT, SIGTERM, SIGHUP and SIGPIPE, which ask for an orderly end, SIGUSR1
 * and SIGTSTP, unless they are ignored.
 */
void signals_init(void);

/* From now on the handlers call wake, which must be safe there: main is to come and look. */
void signals_wake(void (*wake)(void *arg), void *arg);

/* Hear no more: what the run came to is settled. */
void signals_close(void);

/* Main: has a snapshot been asked for, since this was asked last? */
bool signals_snapshot(void);

/* Main: if SIGTSTP came, stop here; before that, clear the screen with clear. */
void signals_suspend(void (*clear)(void));

/* The signal that asked for an end, or 0.  Any thread. */
int signals_ender(void);

/*
 * At the very end: if a signal asked for it, die by that signal; or, where that is not
 * possible, exit with the status 128 + its number.
 */
void signals_die(void);

#endif
