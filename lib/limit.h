/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * limit - how many bytes and system calls a second all copies of the process may take together,
 * and whether they stand still.  Thread-safe, also in a child of fork(2).
 */
#ifndef CF_LIMIT_H
#define CF_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "relaxed.h"
#include "watch.h"

struct cf_limits {
	uint64_t bytes, calls;		/* a second; 0: any number */
	bool paused;			/* nothing goes on */
	bool adaptive;			/* less is done while calls take longer than usual */
};

/* From now on these are in force, also for threads that wait already. */
void cf_limit_set(const struct cf_limits *limits);

/* Some copy has been cancelled: the threads that wait look whether it is theirs. */
void cf_limit_wake(void);

/* Returns the nanoseconds that the calling thread has ever waited here. */
int64_t cf_limit_waited(void);

/* Returns true if any limit is in force. */
extern atomic_bool cf_limit_on;
static inline bool cf_limit_is_on(void)
{
	return cf_relaxed_get(cf_limit_on);
}

/*
 * The calling thread is about to make a few system calls.  Sleep until those that it has made
 * are within the limit, and while all stands still.  watch may be NULL.  Returns 0, or
 * -ECANCELED after a cancel.
 */
int cf_limit_wait_calls(const struct cf_watch *watch);
static inline int cf_limit_calls(const struct cf_watch *watch)
{
	return cf_limit_is_on() ? cf_limit_wait_calls(watch) : 0;
}

/* The program has made calls of its own, which cf_sys_calls() does not know. */
void cf_limit_made(unsigned int calls);

/*
 * The program is about to do a piece of work of its own: sleep as cf_limit_calls() does.  It has
 * ended, in the same thread, and took so many calls.
 */
void cf_limit_begin_work(void);
void cf_limit_end_work(unsigned int calls);

/* The copy of watch has come to its end, in the calling thread. */
void cf_limit_copied(const struct cf_watch *watch);

/*
 * A piece of data is about to be moved: *len bytes, of which not more than likely are expected to
 * be there.  Where the limit is low *len becomes less, so that the piece takes a tenth of a
 * second.  Sleep until the limit allows it.  Returns 0 or -ECANCELED.  When moved bytes of it
 * were, or a failure has the negative errno in moved, cf_limit_end() corrects what was expected;
 * *ret_taken is handed on to that.
 */
int cf_limit_wait_bytes(const struct cf_watch *watch, size_t *len, uint64_t likely,
			uint64_t *ret_taken);
void cf_limit_settle(uint64_t taken, int64_t moved);

/* The program itself moves n bytes: sleep until that is within the limit. */
void cf_limit_take(uint64_t n);

static inline int cf_limit_begin(const struct cf_watch *watch, size_t *len, uint64_t likely,
				 uint64_t *ret_taken)
{
	*ret_taken = 0;
	return cf_limit_is_on() ? cf_limit_wait_bytes(watch, len, likely, ret_taken) : 0;
}

static inline void cf_limit_end(uint64_t taken, int64_t moved)
{
	if (cf_limit_is_on())
		cf_limit_settle(taken, moved);
}

#endif
