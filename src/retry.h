/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * retry - repeat a call that a signal interrupted.  Calls on files wait for servers and
 * FUSE daemons, some of which let a signal end that with EINTR.
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
