/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bar - progress on a terminal, or in lines of text.  Main thread only. */
#ifndef PCP_BAR_H
#define PCP_BAR_H

#include <stdbool.h>

#include "base/options.h"
#include "watch/progress.h"

/* Show on standard error what mode asks for.  False: nothing is to be shown. */
bool bar_init(enum options_progress mode);

/* Show p, if it is time for that at now (CLOCK_MONOTONIC, nanoseconds). */
void bar_show(const struct progress *p, int64_t now);

/* Take it off the screen, until it is shown next. */
void bar_hide(void);

/* p in one line of text, on the heap; of a run that was interrupted only what was done */
char *bar_line(const struct progress *p);
char *bar_done(const struct progress *p);

#endif
