/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "cmdline/value.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include <libcopyfile.h>

#include "argmatch.h"
#include "base/clock.h"
#include "base/retry.h"
#include "c-strtod.h"
#include "cmdline/mistake.h"
#include "parse-datetime.h"
#include "report/quote.h"
#include "report/report.h"
#include "xstrtod.h"
#include "xstrtol.h"

/* For --retry: with pauses of a minute these take more than one hour and a half. */
#define MOST_ROUNDS 100

unsigned long value_count(const char *format, const char *arg, unsigned long max)
{
	unsigned long n;

	if (xstrtoul(arg, NULL, 10, &n, "") != LONGINT_OK || n < 1 || n > max) {
		report_error(0, format, quote_always(0, arg));
		mistake_usage();
	}
	return n;
}

uint64_t value_limit(const char *format, const char *arg, bool *ret_percent)
{
	char *end;
	uintmax_t n;
	strtol_error error = xstrtoumax(arg, &end, 10, &n, "");

	*ret_percent = error == LONGINT_INVALID_SUFFIX_CHAR && !strcmp(end, "%");
	if ((error != LONGINT_OK && !*ret_percent) || *arg == '-' || (*ret_percent && n > 100)) {
		report_error(0, format, quote_always(0, arg));
		mistake_usage();
	}
	return n;
}

uint32_t value_rounds(const char *arg)
{
	unsigned long n;

	/* With 0 an alias or a script can be overruled. */
	if (xstrtoul(arg, NULL, 10, &n, "") != LONGINT_OK || n > MOST_ROUNDS) {
		report_error(0, "invalid number of rounds: %s", quote_always(0, arg));
		mistake_usage();
	}
	return n;
}

uint64_t value_size(const char *format, const char *arg, uint64_t min)
{
	uintmax_t n;

	if (xstrtoumax(arg, NULL, 10, &n, "bkKMGTPE0") != LONGINT_OK || n < min || *arg == '-') {
		report_error(0, format, quote_always(0, arg));
		mistake_usage();
	}
	return n;
}

enum options_when value_when(const char *option, const char *arg)
{
	static const char *const names[] = { "auto", "always", "never", NULL };
	static const enum options_when values[] = { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };

	ARGMATCH_VERIFY(names, values);
	return XARGMATCH(option, arg, names, values);
}

enum options_progress value_progress(const char *arg)
{
	static const char *const names[] = { "auto", "always", "never", "line", NULL };
	static const enum options_progress values[] = {
		PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER, PROGRESS_LINE
	};

	ARGMATCH_VERIFY(names, values);
	return arg ? XARGMATCH("--progress", arg, names, values) : PROGRESS_ALWAYS;
}

struct timespec value_date(const char *option, const char *arg)
{
	struct timespec date;
	struct stat st;

	if (*arg == '/' || *arg == '.') {
		if (RETRY(stat(arg, &st)) == 0)
			return st.st_mtim;
		report_error(errno, "cannot stat %s", quote_always(0, arg));
		mistake_exit();
	}
	if (!parse_datetime(&date, arg, NULL)) {
		report_error(0, "invalid date for %s: %s", option, quote_always(0, arg));
		mistake_usage();
	}
	return date;
}

int64_t value_interval(const char *arg)
{
	double seconds;

	if (!xstrtod(arg, NULL, &seconds, c_strtod) || !(seconds >= 0.1 && seconds <= 86400)) {
		report_error(0, "invalid interval: %s", quote_always(0, arg));
		mistake_usage();
	}
	return (int64_t)(seconds * CLOCK_SECOND);
}

enum options_update value_update(const char *arg)
{
	static const char *const names[] = {
		"all", "none", "none-fail", "older", "changed", "checksum", NULL
	};
	static const enum options_update values[] = {
		UPDATE_ALL, UPDATE_NONE, UPDATE_NONE_FAIL, UPDATE_OLDER, UPDATE_CHANGED,
		UPDATE_CHECKSUM
	};

	ARGMATCH_VERIFY(names, values);
	return arg ? XARGMATCH("--update", arg, names, values) : UPDATE_OLDER;
}

bool value_explain(const char *arg)
{
	static const char *const names[] = { "explain", NULL };
	static const bool values[] = { true };

	ARGMATCH_VERIFY(names, values);
	return arg ? XARGMATCH("--dry-run", arg, names, values) : false;
}

uint32_t value_hash(const char *option, const char *arg)
{
	static const char *const names[] = { "sha256", "xxh128", NULL };
	static const uint32_t values[] = { COPYFILE_HASH_SHA256, COPYFILE_HASH_XXH128 };

	ARGMATCH_VERIFY(names, values);
	uint32_t hash = XARGMATCH(option, arg, names, values);
	if (!copyfile_hash_name(hash)) {
		report_error(0, "this pcp was built without %s", arg);
		mistake_usage();
	}
	return hash;
}
