/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cookie - from a descriptor to the job behind it, and who may release it.
 * Thread-safe.
 */
#ifndef CF_COOKIE_H
#define CF_COOKIE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "job.h"
#include "libcopyfile.h"
#include "pool.h"

/*
 * Make a cookie for the copy that job describes, and start it on the pool within limits.
 * Afterwards job is not needed any more; nor, unless it has COPYFILE_STEADY, are its
 * directories.  Returns the cookie; or -errno: -EAGAIN if pending cookies are live
 * already, or this client has its share of them and another one wants its own; -EMFILE,
 * -ENFILE, -ENOMEM if there is no descriptor, thread or memory for one more; -EPERM if the
 * pool is at work with other credentials than the caller's; -EBADF, -EACCES, ... for a
 * directory; -ECANCELED after cf_cookie_end_all().
 */
int cf_cookie_start(const struct cf_job *job, unsigned int pending, struct cf_pool_limits limits);

/* Returns the descriptor that copyfile_room_fd() is to return for client, or -errno. */
int cf_cookie_room_fd(uint64_t client);

/*
 * Do what copyfile_ctrl() does, and describe the copy in *ret, unless the call returns -EBADF
 * or -ENOSYS.  *released tells whether the copy has ended, and the cookie is gone.
 */
int cf_cookie_ctrl(long cookie, unsigned long cmd, struct copyfile_info *ret,
		   bool *released);

/* Describe the copy behind a live cookie.  Returns 0 or -EBADF. */
int cf_cookie_info(long cookie, struct copyfile_info *ret);

/* Run change while no cookie is live and none can be made.  Returns its result, or -EBUSY. */
int cf_cookie_quiesce(int (*change)(const void *arg), const void *arg);

/*
 * The process ends: cancel all live copies, and let no more be started.  Locks that cannot be
 * taken are waited for no longer than until (CLOCK_REALTIME).
 */
void cf_cookie_end_all(const struct timespec *until);

/* Returns true while a copy with a cookie is under way. */
bool cf_cookie_busy(void);

/* Stop the pool and free everything.  Returns 0, or -EBUSY while cookies are live. */
int cf_cookie_shutdown(void);

#endif
