/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stop - why a run ends before it has seen everything.  Thread-safe. */
#ifndef PCP_STOP_H
#define PCP_STOP_H

#include <stdbool.h>

enum stop_why {
	STOP_NOT,
	STOP_ERRORS,	/* as many as --max-errors says */
	STOP_TIME,	/* that of --max-time or --stop-at is up */
	STOP_SIGNAL
};

/* Let the run begin nothing new.  A signal handler may call this. */
void stop_request(enum stop_why why);

/* Returns why nothing new may be begun; of several reasons, the last in the list. */
enum stop_why stop_asked(void);

/* Returns true if what is under way has to be given up as well. */
bool stop_now(void);

/* Note that something was left out, because of a stop or a full file system. */
void stop_leave_out(void);

/* Returns true if something was left out: the exit status will tell. */
bool stop_left_out(void);

#endif
