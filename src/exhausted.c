/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * exhausted - the end of a run that has no memory left: xalloc_die(), which gnulib calls
 * wherever an allocation fails.
 *
 * Design: any thread may call it, holding any of pcp's locks.  So none is taken: the message
 * goes out by writev(2), which allocates nothing either; and if gettext(3) has no memory to open
 * a catalogue, it is in English.  exit(3) then has the library cancel the copies that are under
 * way, and remove what they created.
 *
 * exit(3) may be called only once.  A second thread that calls xalloc_die() waits until the
 * first has ended the process.  If the first calls it again, from a handler of exit(3), the
 * process ends at once.
 */
#include <config.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/language.h"
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
	/* Progress, if it is shown, begins where the cursor is. */
	const struct iovec message[] = {
		text(console_has_progress() ? "\r\033[J" : ""), text(program_name),
		text(": "), text(translate("memory exhausted")), text("\n"),
	};
	ssize_t n = writev(STDERR_FILENO, message, sizeof message / sizeof *message);

	/* If nothing could be written, the exit status tells. */
	(void)n;
	exit(EXIT_FAILURE);
}
