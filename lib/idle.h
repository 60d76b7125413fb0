/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* idle - whether processors had nothing to do lately.  Thread-safe. */
#ifndef CF_IDLE_H
#define CF_IDLE_H

#define CF_IDLE_WHOLE 1024

/*
 * Returns which part of their time, in parts of CF_IDLE_WHOLE, the processors of this machine
 * were idle since a look some hundredths of a second ago; or -1 if that is not known: there
 * was no such look yet, or the system does not tell.  A call may read a file in /proc.
 */
int cf_idle_share(void);

#endif
