/* SPDX-License-Identifier: GPL-3.0-or-later */
/* readall - fills a buffer, however little a single call gives. */
#ifndef PCP_READALL_H
#define PCP_READALL_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Read len bytes of fd to buf, from where the last read ended, or as many as there are.  Returns
 * how many, or -1 with errno set.  Thread-safe, but for the place in fd.
 */
ssize_t readall(int fd, void *buf, size_t len);

#endif
