/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Part, rate and time to go: src/watch/estimate.c */
#include <config.h>

#include <math.h>

#include "tap.h"
#include "watch/estimate.h"

#define MIB (1024.0 * 1024)

static void is_near(double got, double want, const char *what)
{
	if (!ok(fabs(got - want) <= 1e-6 * fabs(want) + 1e-9, "%s", what))
		diag("got %g, want %g", got, want);
}

static int64_t at(double seconds)
{
	return (int64_t)(seconds * CLOCK_SECOND);
}

static struct estimate_result
update(struct estimate *e, double seconds, uint64_t bytes, uint64_t files, double rest)
{
	const struct estimate_sample now = { .at = at(seconds), .bytes = bytes, .files = files };

	return estimate_update(e, &now, rest, 0);
}

static void test_part(void)
{
	is_near(estimate_part(25, 100, 9, 10), 0.25, "the part of the bytes");
	is_near(estimate_part(0, 0, 9, 10), 0.9, "of the files, where there are no bytes");
	is_near(estimate_part(0, 0, 0, 0), 0, "nothing to do");
}

static void test_steady(void)
{
	struct estimate e;
	struct estimate_result r;

	estimate_init(&e, at(100));
	r = update(&e, 100, 0, 0, 100 * MIB);
	is_near(r.rate, 0, "no rate at the beginning");
	ok(r.eta < 0, "and no time to go");
	for (int i = 1; i <= 600; i++)
		r = update(&e, 100 + i / 10.0, (uint64_t)(i * MIB), 0, 100 * MIB);
	is_near(r.rate, 10 * MIB, "a steady rate");
	is_near(r.eta, 10, "the time to go, at that rate");
	is_near(r.stalled, 0, "not stalled");
}

/* Only the last ten seconds count. */
static void test_forgets(void)
{
	struct estimate e;
	struct estimate_result r;

	estimate_init(&e, 0);
	for (int i = 1; i <= 60; i++)
		r = update(&e, i, (uint64_t)(i * 100 * MIB), 0, 0);
	for (int i = 1; i <= 22; i++)
		r = update(&e, 60 + i / 2.0, (uint64_t)(6000 * MIB + i * MIB), 0, 0);
	is_near(r.rate, 2 * MIB, "the rate from before ten seconds is forgotten");
}

static void test_files_cost(void)
{
	struct estimate e;
	const struct estimate_sample now = { .at = at(1), .files = 100 };

	estimate_init(&e, 0);
	struct estimate_result r = estimate_update(&e, &now, 0, 300);
	is_near(r.eta, 3, "empty files take time, too");
}

static void test_stall(void)
{
	struct estimate e;
	struct estimate_result r;

	estimate_init(&e, 0);
	update(&e, 1, 1000, 1, 1000);
	r = update(&e, 5.9, 1000, 1, 1000);
	is_near(r.stalled, 0, "4.9 seconds are no stall");
	r = update(&e, 6.1, 1000, 1, 1000);
	is_near(r.stalled, 5.1, "5.1 seconds are");
	ok(r.eta < 0, "in which the time to go is not known");
	r = update(&e, 7, 1000, 2, 1000);
	is_near(r.stalled, 0, "a file more ends it");
}

static void test_leave_out(void)
{
	struct estimate e;
	struct estimate_result r;

	estimate_init(&e, 0);
	update(&e, 1, (uint64_t)MIB, 0, MIB);
	estimate_leave_out(&e, at(3600));
	r = update(&e, 3602, (uint64_t)(2 * MIB), 0, MIB);
	is_near(r.rate, MIB, "the time in which the process was stopped does not count");
	is_near(r.stalled, 0, "and is no stall");
}

int main(void)
{
	test_part();
	test_steady();
	test_forgets();
	test_files_cost();
	test_stall();
	test_leave_out();
	return done_testing();
}
