/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: an answer is understood as by rpmatch(3), which not every C library has, but only
 * YESEXPR is consulted: whatever it does not match is a no.
 */
#include <config.h>

#include "report/ask.h"

#include <errno.h>
#include <langinfo.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include "base/language.h"
#include "base/signals.h"
#include "base/stop.h"
#include "report/console.h"
#include "report/report.h"
#include "xvasprintf.h"

static bool means_yes(const char *answer)
{
	regex_t yes;

	if (regcomp(&yes, nl_langinfo(YESEXPR), REG_EXTENDED | REG_NOSUB) != 0)
		return *answer == 'y' || *answer == 'Y';
	bool is = regexec(&yes, answer, 0, NULL, 0) == 0;
	regfree(&yes);
	return is;
}

/*
 * Read a line of standard input.  Returns 1 if it is a yes, 0 for any other answer and at the
 * end, or -1 with errno set.
 */
static int read_yes(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len = getline(&line, &size, stdin);
	int err = errno, yes = len < 0 && !feof(stdin) ? -1 : 0;

	if (len > 0 && line[len - 1] == '\n')
		line[len - 1] = '\0';
	if (len > 0)
		yes = means_yes(line);
	free(line);
	errno = err;
	return yes;
}

static void nothing_to_clear(void)
{
}

bool ask_yes_no(const char *format, ...)
{
	bool interrupted;
	int yes, err;
	va_list args;

	va_start(args, format);
	char *question = xvasprintf(translate(format), args);
	va_end(args);
	do {
		console_print("%s", question);
		yes = read_yes();
		err = yes < 0 ? errno : 0;
		/* After a signal that does not ask for an end, the question is asked again. */
		interrupted = err == EINTR;
		if (interrupted) {
			clearerr(stdin);
			signals_suspend(nothing_to_clear);
		}
	} while (interrupted && !stop_now());
	free(question);
	/* EBADF: it has been closed, which as with cp is a silent no. */
	if (err && !interrupted && err != EBADF)
		report_error(err, "cannot read standard input");
	return yes > 0;
}
