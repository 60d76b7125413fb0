/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "cmdline/restrain.h"

#include "base/options.h"
#include "base/rate.h"
#include "cmdline/mistake.h"
#include "cmdline/table.h"
#include "report/quote.h"
#include "report/report.h"

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

bool restrain_apply(struct options *o, int c, const char *arg)
{
	switch (c) {
	case OPT_BWLIMIT:
		o->bwlimit = rate(rate_parse_bytes, "--bwlimit", arg);
		return true;
	case OPT_OPS_LIMIT:
		o->ops_limit = rate(rate_parse_count, "--ops-limit", arg);
		return true;
	case OPT_NICE:
		return o->nice = true;
	default:
		return false;
	}
}
