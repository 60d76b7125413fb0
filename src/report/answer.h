/* SPDX-License-Identifier: GPL-3.0-or-later */
/* answer - what a user says to a question.  Main thread only. */
#ifndef PCP_ANSWER_H
#define PCP_ANSWER_H

#include <stdbool.h>

/*
 * Read a line of standard input.  Returns true if that is a yes in the user's language.
 * Where nothing can be read it returns false, and stdin and errno tell why.
 */
bool answer_is_yes(void);

#endif
