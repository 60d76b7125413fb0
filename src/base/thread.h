/* SPDX-License-Identifier: GPL-3.0-or-later */
/* thread - threads that no signal disturbs: all signals are the main thread's. */
#ifndef PCP_THREAD_H
#define PCP_THREAD_H

#include <pthread.h>

/*
 * Start a thread that runs start(arg) with all signals blocked, but for SIGPIPE, which
 * the kernel sends to the thread that writes.  Returns 0 or an errno value.  Thread-safe.
 */
int thread_start(pthread_t *ret, void *(*start)(void *arg), void *arg);

#endif
