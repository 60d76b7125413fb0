/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* disk - what is known of the device that a file system is on.  Thread-safe. */
#ifndef CF_DISK_H
#define CF_DISK_H

#include <stdbool.h>
#include <sys/types.h>

/* Returns true if dev is a disk that says of itself that it has an arm, which must seek. */
bool cf_disk_seeks(dev_t dev);

#endif
