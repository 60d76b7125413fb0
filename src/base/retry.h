/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * retry - repeats a call that a signal interrupted.  Some network file systems and FUSE
 * servers let a signal end any call on a file with EINTR.
 */
#ifndef PCP_RETRY_H
#define PCP_RETRY_H

#include <errno.h>

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

#endif
