/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* thread - starts the library's threads.  Thread-safe. */
#ifndef CF_THREAD_H
#define CF_THREAD_H

#include <pthread.h>

/*
 * Start a thread that calls run(arg), with all signals blocked: they are for the program's
 * own threads.  Returns 0 and *ret, or -errno.
 */
int cf_thread_start(pthread_t *ret, void *(*run)(void *), void *arg);

#endif
