/* SPDX-License-Identifier: GPL-3.0-or-later */
/* help - what --help prints. */
#ifndef PCP_HELP_H
#define PCP_HELP_H

/* To standard output */
void help_print(void);

#endif
