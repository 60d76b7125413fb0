/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * retry - repeats a call that a signal interrupted.  Some network file systems and FUSE
 * servers let a signal end any call on a file with EINTR.
 */
#ifndef PCP_RETRY_H
#define PCP_RETRY_H

#include <errno.h>
#include <stdio.h>

/*
 * The result of call, which is made again while it is negative with errno EINTR.  Not for
 * close(2): Linux has closed the descriptor even then.
 */
#define RETRY(call) ({								\
	__typeof__(call) retry_;						\
	do									\
		retry_ = (call);						\
	while (retry_ < 0 && errno == EINTR);					\
	retry_;									\
})

/* As fopen(3), which is called again while a signal interrupts it. */
static inline FILE *retry_fopen(const char *path, const char *mode)
{
	FILE *file;

	do
		file = fopen(path, mode);
	while (!file && errno == EINTR);
	return file;
}

#endif
