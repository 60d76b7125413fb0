/* SPDX-License-Identifier: GPL-3.0-or-later */
/* writeall - writes all of a buffer, however little a single call takes. */
#ifndef PCP_WRITEALL_H
#define PCP_WRITEALL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* The place of a write that goes on where the last one ended, as write(2) does. */
#define WRITEALL_APPEND ((off_t)-1)

/*
 * Write the len bytes in buf to fd: at offset at, or with WRITEALL_APPEND where the last
 * write ended.  Where fd takes nothing at the moment (EAGAIN) this thread waits.  stop,
 * which may be NULL, is called after each interruption and ten times a second while waiting;
 * once it returns true, writing ends with EINTR.  Returns 0 or an errno value.  Thread-safe.
 */
int writeall(int fd, const void *buf, size_t len, off_t at, bool (*stop)(void));

#endif
