/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stop - why a run ends before it has seen everything.  Thread-safe. */
#ifndef PCP_STOP_H
#define PCP_STOP_H

#include <stdbool.h>

enum stop_why {
	STOP_NOT,
	STOP_ERRORS,	/* as many as --max-errors says */
	STOP_SIGNAL
};

/* Begin nothing new from now on.  A signal handler may call it. */
void stop_request(enum stop_why why);

/* Nothing new is to be begun; the strongest of the reasons, the last in the list. */
enum stop_why stop_asked(void);

/* Something was left out, for that or else (full.h): the exit status will tell. */
void stop_leave_out(void);
bool stop_left_out(void);

#endif
