/* SPDX-License-Identifier: GPL-3.0-or-later */
/* progress - one line on a terminal about a copy that takes a while. */
#ifndef PCP_PROGRESS_H
#define PCP_PROGRESS_H

#include <stdbool.h>

struct copy;

/* False if quiet, or there is no terminal to show it on: then progress_tick() is vain. */
bool progress_init(bool quiet);

/* Paint if it is time.  Cheap; call it often. */
void progress_tick(struct copy *c);

/* Say how much has been done so far. */
void progress_snapshot(struct copy *c);

/* Take the line off the screen, for now. */
void progress_hide(void);

/* Take the line off the screen for good. */
void progress_end(void);

#endif
