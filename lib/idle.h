/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* idle - whether processors had nothing to do lately.  Thread-safe. */
#ifndef CF_IDLE_H
#define CF_IDLE_H

#define CF_IDLE_WHOLE 1024

#define CF_IDLE_NOT_YET (-1)
#define CF_IDLE_UNKNOWN (-2)

/*
 * Returns which part of their time, in parts of CF_IDLE_WHOLE, the processors of this machine
 * were idle since a look some hundredths of a second ago; CF_IDLE_NOT_YET if there was no such
 * look, but this call makes, or made, the first one of two; or CF_IDLE_UNKNOWN if the system
 * does not tell.  A call may read a file in /proc.
 */
int cf_idle_share(void);

/*
 * The same over the last half second, or over the last one where there is one processor; before
 * that is over, since the first look.
 */
int cf_idle_mean(void);

#endif
