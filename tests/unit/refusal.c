/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a pair of file systems has refused is not tried again, except on a large file. */
#include <config.h>

#include "refusal.h"

#include "tap.h"

#define SMALL 4096
#define LARGE (1 << 20)

/* Pairs of file systems: any numbers but 0 */
#define PAIR 0xfeed0001
#define OTHER_PAIR 0xfeed0003

int main(void)
{
	ok(cf_refusal_try(CF_CLONE, SMALL, PAIR), "a clone is tried where nothing is known");
	cf_refusal_note(CF_CLONE, PAIR);
	ok(!cf_refusal_try(CF_CLONE, SMALL, PAIR), "but not once it was refused");
	ok(!cf_refusal_try(CF_CLONE, LARGE - 1, PAIR), "whatever the size of a small file");
	ok(cf_refusal_try(CF_CLONE, LARGE, PAIR), "on a large file it is tried all the same");
	ok(cf_refusal_try(CF_COPY_FILE_RANGE, SMALL, PAIR), "another call may be allowed");
	ok(cf_refusal_try(CF_CLONE, SMALL, OTHER_PAIR), "so may another pair");
	cf_refusal_note(CF_COPY_FILE_RANGE, PAIR);
	ok(!cf_refusal_try(CF_COPY_FILE_RANGE, SMALL, PAIR), "until it was refused as well");
	ok(!cf_refusal_try(CF_CLONE, SMALL, PAIR), "which makes the first forget nothing");
	return done_testing();
}
