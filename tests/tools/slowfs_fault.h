/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The faults that slowfs injects. */
#ifndef SLOWFS_FAULT_H
#define SLOWFS_FAULT_H

enum { Q_SHORT = 1, Q_ZERO };

/* Adds the fault that the argument of -e describes. */
void parse_fault(char *arg);

/*
 * Returns -errno if this call of the operation on the path fails, or 0.  A fault that shortens
 * the call sets quirk, unless that is NULL.
 */
int fault_of(int op, const char *path, int *quirk);

/* Lets the calls be counted from the beginning. */
void reset_faults(void);

#endif
