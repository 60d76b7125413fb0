/* SPDX-License-Identifier: GPL-3.0-or-later */
/* locked - asserts that a mutex is held, as functions whose names end in _locked require. */
#ifndef PCP_LOCKED_H
#define PCP_LOCKED_H

#include <assert.h>
#include <errno.h>
#include <pthread.h>

/* This only tells that some thread holds it; which one cannot be asked. */
#define assert_locked(mutex) assert(pthread_mutex_trylock(mutex) == EBUSY)

#endif
