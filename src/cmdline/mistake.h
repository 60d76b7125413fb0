/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mistake - the ends of a run whose command line is wrong.  Main thread only. */
#ifndef PCP_MISTAKE_H
#define PCP_MISTAKE_H

/* What is wrong has been reported: exit with a failure. */
_Noreturn void mistake_exit(void);

/* The same, but refer to --help before. */
_Noreturn void mistake_usage(void);

#endif
