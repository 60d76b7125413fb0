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
 * Around each call that starts a copy, whoever makes it; w is that of the copy if the
 * calling thread does.  begin: 0, or -ECANCELED once exit(3) has begun, or -ENOMEM; then
 * there is no end.  exit(3) cancels by way of w, and does not go on before the end.
 */
int cf_exit_begin_copy(struct cf_watch *w);
void cf_exit_end_copy(struct cf_watch *w);

#endif
