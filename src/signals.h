/* SPDX-License-Identifier: GPL-3.0-or-later */
/* signals - what is said to pcp from outside. */
#ifndef PCP_SIGNALS_H
#define PCP_SIGNALS_H

#include <stdbool.h>

/*
 * Catch SIGINT, SIGTERM, SIGHUP and SIGPIPE, which ask for an orderly end, SIGUSR1
 * and SIGTSTP, unless they are ignored.  wake is called by the handlers, and must be safe
 * there; it is to bring the main thread to signals_look().
 */
void signals_init(void (*wake)(void *arg), void *arg);

/* Main: has a snapshot been asked for, since this was asked last? */
bool signals_snapshot(void);

/* Main: if SIGTSTP came, stop here; before that, clear the screen with clear. */
void signals_suspend(void (*clear)(void));

/* At the very end: die by the signal that asked for it, if any did. */
void signals_die(void);

#endif
