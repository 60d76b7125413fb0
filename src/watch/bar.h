/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bar - progress on standard error: a bar on a terminal, or lines of text.  Main thread
 * only.
 */
#ifndef PCP_BAR_H
#define PCP_BAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/options.h"

struct snapshot;

/* Returns false if mode, and what standard error is, mean that nothing will be shown. */
bool bar_init(enum options_progress mode);

/* Show s, if it is time for that at now (CLOCK_MONOTONIC, nanoseconds). */
void bar_show(const struct snapshot *s, int64_t now);

/* Take the bar off the screen, until it is shown next. */
void bar_hide(void);

#endif
