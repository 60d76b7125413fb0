/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hint - what a mistake may have been, after a run that has failed. */
#ifndef PCP_HINT_H
#define PCP_HINT_H

struct options;

/* Say it on standard error, if there is anything to say.  Main thread only. */
void hint_print(const struct options *o);

#endif
