/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Times that a copy may have, where its file system keeps them in coarser units. */
#include <config.h>

#include <stdio.h>

#include "copy/unchanged.h"
#include "tap.h"

static const struct {
	const char *what;
	struct timespec src, dst;
	bool same;
} cases[] = {
	{ "the same", { 100, 123456789 }, { 100, 123456789 }, true },
	{ "100 ns", { 100, 123456789 }, { 100, 123456700 }, true },
	{ "a microsecond", { 100, 123456789 }, { 100, 123456000 }, true },
	{ "a millisecond", { 100, 123456789 }, { 100, 123000000 }, true },
	{ "10 ms", { 100, 123456789 }, { 100, 120000000 }, true },
	{ "a second", { 100, 123456789 }, { 100, 0 }, true },
	{ "two seconds", { 101, 123456789 }, { 100, 0 }, true },
	{ "two seconds, before 1970", { -1, 123456789 }, { -2, 0 }, true },
	{ "one nanosecond more", { 100, 123456789 }, { 100, 123456790 }, false },
	{ "one nanosecond less", { 100, 123456789 }, { 100, 123456788 }, false },
	{ "rounded up", { 100, 999999999 }, { 101, 0 }, false },
	{ "an even second is not that of two before", { 102, 0 }, { 100, 0 }, false },
	{ "an odd second is nothing that FAT keeps", { 102, 5 }, { 101, 0 }, false },
	{ "a part of another second", { 101, 123456789 }, { 100, 123456789 }, false },
	{ "a cut source is no other one's", { 100, 0 }, { 100, 5 }, false },
};

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ok(unchanged_time(cases[i].src, cases[i].dst) == cases[i].same, "%s",
		   cases[i].what);
	return done_testing();
}
