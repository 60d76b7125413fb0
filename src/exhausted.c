/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exhausted - the end of a run for which there is no memory: xalloc_die(), which gnulib
 * calls wherever an allocation fails.
 *
 * Design: any thread may come here, holding any of pcp's locks.  So none is taken: the
 * message goes out by write(2), which allocates nothing either.  exit(3) then has the
 * library cancel the copies that are under way, and remove what they created.
 *
 * exit(3) must be called only once.  A second thread that comes here waits until the first
 * has ended the process.  If the first comes here again, from a handler of exit(3), it ends
 * the process at once.
 */
#include <config.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "progname.h"
#include "report/console.h"
#include "xalloc.h"

static struct iovec text(const char *s)
{
	return (struct iovec){ .iov_base = (char *)s, .iov_len = strlen(s) };
}

void xalloc_die(void)
{
	static atomic_flag ending = ATOMIC_FLAG_INIT;
	static _Thread_local bool mine;

	if (mine)
		_exit(EXIT_FAILURE);
	while (atomic_flag_test_and_set(&ending))
		pause();
	mine = true;
	/* Progress, if it is shown, is from here on down. */
	const struct iovec message[] = {
		text(console_has_progress() ? "\r\033[J" : ""), text(program_name),
		text(": memory exhausted\n"),
	};
	ssize_t said = writev(STDERR_FILENO, message, sizeof message / sizeof *message);

	/* If it could not be said, the status tells. */
	(void)said;
	exit(EXIT_FAILURE);
}
