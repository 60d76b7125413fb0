/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * exit - copies that are under way when the process ends by exit(3).
 *
 * None of them may stay half done under its final name.  Thread-safe.
 */
#ifndef CF_EXIT_H
#define CF_EXIT_H

#include "watch.h"

/*
 * To be called around each call that starts a copy; w is the copy's, if the calling thread
 * makes it itself.  begin returns 0; or -ECANCELED once exit(3) has begun, or -ENOMEM, and
 * then end is not called.  exit(3) cancels the copy by w, and waits for end.
 */
int cf_exit_begin_copy(struct cf_watch *w);
void cf_exit_end_copy(struct cf_watch *w);

#endif
