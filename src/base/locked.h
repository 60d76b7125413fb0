/* SPDX-License-Identifier: GPL-3.0-or-later */
/* locked - an assertion: a mutex is held, as must be where a name ends in _locked. */
#ifndef PCP_LOCKED_H
#define PCP_LOCKED_H

#include <assert.h>
#include <errno.h>
#include <pthread.h>

/* Held by some thread: which one it is cannot be asked for. */
#define assert_locked(mutex) assert(pthread_mutex_trylock(mutex) == EBUSY)

#endif
