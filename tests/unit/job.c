/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many percent of a copy remain, for every size that a file can have. */
#include <config.h>

#include "job.h"

#include "tap.h"

static int remaining(uint64_t total, uint64_t done)
{
	struct cf_job j = { 0 };

	cf_relaxed_set(j.watch.total, total);
	cf_relaxed_set(j.watch.done, done);
	return cf_job_remaining(&j);
}

int main(void)
{
	const uint64_t most = INT64_MAX;

	is_int(remaining(0, 0), 100, "100 while the size is not known");
	is_int(remaining(0, 10), 1, "1 for a file of no known end of which data has come");
	is_int(remaining(1000, 0), 100, "100 at the beginning");
	is_int(remaining(1000, 1), 100, "the number is rounded up");
	is_int(remaining(1000, 500), 50, "50 in the middle");
	is_int(remaining(1000, 999), 1, "1 before the end");
	is_int(remaining(1000, 1000), 1, "1 until the copy has ended");
	is_int(remaining(1000, 2000), 1, "1 for a file that has grown");
	is_int(remaining(most, 0), 100, "100 of the largest file");
	is_int(remaining(most, most / 2 + 1), 50, "50 of it");
	is_int(remaining(most, most / 1000 * 981), 2, "2 of it");
	is_int(remaining(most, most - 1), 1, "1 of it");
	return done_testing();
}
