/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many errors there were, and the exit status: src/report/status.c */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "base/stop.h"
#include "report/status.h"
#include "tap.h"

int main(void)
{
	uint64_t by_errno[STATUS_ERRNOS];

	status_init(3);
	is_int(status_exit_code(), EXIT_SUCCESS, "nothing has happened");
	status_add_warning();
	is_int(status_exit_code(), EXIT_SUCCESS, "a warning is no error");
	status_fail();
	is_int(status_exit_code(), EXIT_FAILURE, "a failure that is no error");
	is_int((long long)status_counts().errors, 0, "which is not counted");

	status_add_error(EIO);
	status_add_error(0);
	is_int(stop_asked(), STOP_NOT, "the run goes on after two of three errors");
	status_add_error(EIO);
	is_int(stop_asked(), STOP_ERRORS, "the third ends it");
	is_int((long long)status_counts().errors, 3, "errors are counted");
	is_int((long long)status_counts().warnings, 1, "and warnings");
	status_errors_by_errno(by_errno);
	is_int((long long)by_errno[EIO], 2, "errors are counted by errno");
	is_int((long long)by_errno[ENOENT], 0, "of which others are not there");
	status_add_error(STATUS_ERRNOS);
	is_int((long long)status_counts().errors, 4, "an errno that does not exist is an error");

	is_int(status_exit_code(), EXIT_FAILURE, "after errors");
	stop_leave_out();
	is_int(status_exit_code(), STATUS_STOPPED, "something was left out");
	return done_testing();
}
