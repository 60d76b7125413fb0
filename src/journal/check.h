/* SPDX-License-Identifier: GPL-3.0-or-later */
/* check - a journal, compared with the destination that it is of. */
#ifndef PCP_CHECK_H
#define PCP_CHECK_H

#include <stdbool.h>

/*
 * Look whether all that the journal in the directory path tells is there: each name, what kind it
 * is of, and how large it is; with contents, also whether it has the contents that were copied.
 * Report what is not, and print what was found in one line.  Main thread only.
 */
void check_journal(const char *path, bool contents);

#endif
