/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * status - how many errors and warnings there were, and the exit status that follows from
 * them.  Thread-safe.
 */
#ifndef PCP_STATUS_H
#define PCP_STATUS_H

#include <stdbool.h>
#include <stdint.h>

/* Errors are counted by errno; each that Linux has is below this. */
#define STATUS_ERRNOS 256

/* The exit status of a run that left something out */
#define STATUS_STOPPED 3

/* That of one that left something out because its time was up */
#define STATUS_TIME_UP 4

/* After max_errors of them the run is asked to stop; 0: after none. */
void status_init(uint64_t max_errors);

/* err is an errno value, or 0 where there is none. */
void status_add_error(int err);
void status_add_warning(void);

/* The exit status will be 1, although no error is counted. */
void status_fail(void);

/* Those of all threads so far */
struct status_counts {
	uint64_t errors, warnings;
};

struct status_counts status_counts(void);

/* The number of errors with each errno */
void status_errors_by_errno(uint64_t ret[static STATUS_ERRNOS]);

/* With --fsync: whether all that was copied is on stable storage.  Main thread only. */
void status_set_synced(bool synced);

/* Returns 1 or 0 after status_set_synced(), before that -1.  Main thread only. */
int status_synced(void);

/* EXIT_SUCCESS, EXIT_FAILURE after an error, STATUS_STOPPED, or STATUS_TIME_UP */
int status_exit_code(void);

#endif
