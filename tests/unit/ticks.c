/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where no processor is idle, more threads help only work that waits for something elsewhere.  A
 * clock that has but ticks cannot tell.  The test plays the part of that clock (spent.c), and says
 * that all processors are busy (idle.c).
 */
#ifdef HAVE_CONFIG_H
#include <config.h>
#endif

#include "idle.h"
#include "policy.h"
#include "spent.h"
#include "tap.h"

/* Pairs of file systems */
enum { WITH_TICKS = 1, EXACT = 5 };

static const int64_t ms = 1000000;

static struct cf_spent spent;
static bool exact;

struct cf_spent cf_spent_now(void)
{
	return spent;
}

bool cf_spent_is_exact(void)
{
	return exact;
}

int cf_spent_calls(void)
{
	return 5;
}

static int idle;

int cf_idle_share(void)
{
	return idle;
}

int cf_idle_mean(void)
{
	return idle;
}

/* Copies that take 31 ms: they compute for one of them on average, and sleep for the rest. */
static void copy(uint64_t pair)
{
	for (int i = 0; i < 20; i++) {
		struct cf_policy_sample sample;

		cf_sample_next();
		cf_policy_begin(&sample, pair, false);
		spent.wall += 31 * ms;
		spent.cpu += exact ? ms : i % 10 == 9 ? 10 * ms : 0;
		spent.sleeps++;
		cf_policy_end(&sample, 1000, 1);
	}
}

int main(void)
{
	exact = false;
	idle = CF_IDLE_WHOLE / 2;
	copy(WITH_TICKS);
	ok(cf_policy_limits(0, WITH_TICKS).waits, "with a clock of ticks copies are seen to wait");
	ok(!cf_policy_limits(0, WITH_TICKS).crowded, "more threads may help while one is idle");
	idle = 0;
	ok(cf_policy_limits(0, WITH_TICKS).crowded, "but not when none is");
	exact = true;
	idle = CF_IDLE_WHOLE / 2;
	copy(EXACT);
	idle = 0;
	ok(!cf_policy_limits(0, EXACT).crowded, "with an exact one it is known that they help");
	return done_testing();
}
