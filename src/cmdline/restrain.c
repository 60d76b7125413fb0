/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "cmdline/restrain.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/options.h"
#include "base/rate.h"
#include "c-strtod.h"
#include "cmdline/mistake.h"
#include "cmdline/table.h"
#include "parse-datetime.h"
#include "report/quote.h"
#include "report/report.h"
#include "timespec.h"

static uint64_t rate(bool (*parse)(const char *text, uint64_t *ret), const char *option,
		     const char *arg)
{
	uint64_t n;

	if (!parse(arg, &n)) {
		report_error(0, "invalid rate for %s: %s", option, quote_always(0, arg));
		mistake_usage();
	}
	return n;
}

/* Returns the nanoseconds of one unit; 0: it is none. */
static double unit_of(char unit)
{
	switch (unit) {
	case 's': return CLOCK_SECOND;
	case 'm': return CLOCK_SECOND * 60.0;
	case 'h': return CLOCK_SECOND * 3600.0;
	case 'd': return CLOCK_SECOND * 86400.0;
	default: return 0;
	}
}

/* Read numbers with units from arg.  Returns nanoseconds, or -1 if it is something else. */
static int64_t parse_time(const char *arg)
{
	double sum = 0;
	bool any = false;

	do {
		size_t digits = strspn(arg, "0123456789.");
		char *end;
		double n = c_strtod(arg, &end);

		if (!digits || end != arg + digits)
			return -1;
		/* Seconds need no unit where there is nothing else. */
		double unit = !*end && !any ? CLOCK_SECOND : unit_of(*end);
		if (!unit)
			return -1;
		sum += n * unit;
		any = true;
		arg = *end ? end + 1 : end;
	} while (*arg);
	return sum < INT64_MAX / 2 ? (int64_t)sum : -1;
}

static int64_t duration(const char *arg)
{
	int64_t ns = parse_time(arg);

	if (ns < 0) {
		report_error(0, "invalid time for --max-time: %s", quote_always(0, arg));
		mistake_usage();
	}
	return ns;
}

/*
 * Returns the point in time that arg stands for.  One that is told without a date, and has passed
 * today, is that of tomorrow.
 */
static struct timespec end_of_run(const char *arg)
{
	struct timespec now, tomorrow, date, next;

	clock_gettime(CLOCK_REALTIME, &now);
	tomorrow = (struct timespec){ .tv_sec = now.tv_sec + 86400, .tv_nsec = now.tv_nsec };
	if (!parse_datetime(&date, arg, &now)) {
		report_error(0, "invalid date for --stop-at: %s", quote_always(0, arg));
		mistake_usage();
	}
	if (timespec_cmp(date, now) >= 0)
		return date;
	if (parse_datetime(&next, arg, &tomorrow) && timespec_cmp(next, now) > 0)
		return next;
	report_error(0, "the date for --stop-at has passed: %s", quote_always(0, arg));
	mistake_exit();
}

bool restrain_apply(struct options *o, int c, const char *arg)
{
	switch (c) {
	case OPT_BWLIMIT:
		o->bwlimit = rate(rate_parse_bytes, "--bwlimit", arg);
		return true;
	case OPT_OPS_LIMIT:
		o->ops_limit = rate(rate_parse_count, "--ops-limit", arg);
		return true;
	case OPT_ADAPTIVE:
		return o->adaptive = true;
	case OPT_CONTROL:
		o->control = arg;
		return true;
	case OPT_MAX_TIME:
		o->max_time = duration(arg);
		return true;
	case OPT_STOP_AT:
		o->stop_at = end_of_run(arg);
		return true;
	case OPT_NICE:
		return o->nice = true;
	default:
		return false;
	}
}
