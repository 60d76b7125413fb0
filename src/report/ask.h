/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ask - questions to the user.  Main thread only. */
#ifndef PCP_ASK_H
#define PCP_ASK_H

#include <stdbool.h>

/*
 * Ask the question of that format, which is translated, on standard error, and read a line of
 * standard input.  Returns true if that is a yes in the user's language, false if it is anything
 * else or cannot be read.
 */
bool ask_yes_no(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

#endif
