/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mountid - whether two files are on one mount.  Thread-safe. */
#ifndef PCP_MOUNTID_H
#define PCP_MOUNTID_H

#include <stdbool.h>

/*
 * Returns true if a and b, which may be O_PATH descriptors, are on the same mount; before Linux
 * 5.8, if they are on the same device.  Returns false if that cannot be told.
 */
bool mountid_same(int a, int b);

#endif
