/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Design: counters, which only grow.  Errors are rare: threads may well share them. */
#include <config.h>

#include "report/status.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/stop.h"

static_assert(EHWPOISON < STATUS_ERRNOS, "the last errno of Linux has no counter");

static _Atomic uint64_t errors, warnings;
static _Atomic uint64_t by_errno[STATUS_ERRNOS];
static atomic_bool failed;
static uint64_t max_errors;		/* 0: any number */
static int synced = -1;			/* see status_synced() */

void status_init(uint64_t max)
{
	max_errors = max;
}

void status_add_error(int err)
{
	if (err >= 0 && err < STATUS_ERRNOS)
		by_errno[err]++;
	if (++errors == max_errors)
		stop_request(STOP_ERRORS);
}

void status_add_warning(void)
{
	warnings++;
}

void status_fail(void)
{
	failed = true;
}

struct status_counts status_counts(void)
{
	return (struct status_counts){ .errors = errors, .warnings = warnings };
}

void status_errors_by_errno(uint64_t ret[static STATUS_ERRNOS])
{
	for (int i = 0; i < STATUS_ERRNOS; i++)
		ret[i] = by_errno[i];
}

void status_set_synced(bool ok)
{
	synced = ok;
}

int status_synced(void)
{
	return synced;
}

int status_exit_code(void)
{
	if (stop_left_out())
		return stop_asked() == STOP_TIME ? STATUS_TIME_UP : STATUS_STOPPED;
	return errors || failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
