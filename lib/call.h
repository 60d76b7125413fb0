/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * call - how a system call of a copy is made, for sys.c and what belongs to it.
 *
 * CALL(name, expression) turns "-1 and errno" into "-errno", repeats what a signal
 * interrupted, counts the call, and asks the fault hook first, so that a test can make the
 * Nth call of any kind fail.  CALL_LEN() also lets the hook shorten a transfer, whose length
 * is *len.
 */
#ifndef CF_CALL_H
#define CF_CALL_H

#include <errno.h>
#include <stddef.h>

#ifdef CF_FAULT_INJECTION
/* Returns an errno, which is also set, or 0. */
int cf_call_fault(const char *call, size_t *len);
#else
#define cf_call_fault(call, len) ((void)(call), (void)(len), 0)
#endif

/* The calls that this thread has ever made; cf_sys_calls() returns those since its last call. */
extern _Thread_local unsigned int cf_calls;

#define CALL_LEN(call, len, expr) ({						\
	long r_;								\
	do {									\
		cf_calls++;							\
		r_ = cf_call_fault(call, len) ? -1 : (long)(expr);		\
	} while (r_ < 0 && errno == EINTR);					\
	r_ < 0 ? -(long)errno : r_;						\
})
#define CALL(call, expr) CALL_LEN(call, (size_t *)NULL, expr)

#endif
