/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mountid - which mount a file is on, and whether two are on one.  Thread-safe. */
#ifndef PCP_MOUNTID_H
#define PCP_MOUNTID_H

#include <stdbool.h>
#include <stdint.h>

/* The mount that a file is on */
struct mountid {
	bool known;			/* its number is: since Linux 5.8 */
	uint64_t id;			/* as in /proc/self/mountinfo */
	unsigned int major, minor;	/* of the device */
};

/* Set *ret to that of fd, which may be an O_PATH descriptor.  Returns false if it is not known. */
bool mountid_get(int fd, struct mountid *ret);

/*
 * Returns true if a and b, which may be O_PATH descriptors, are on the same mount; before Linux
 * 5.8, if they are on the same device.  Returns false if that cannot be told.
 */
bool mountid_same(int a, int b);

#endif
