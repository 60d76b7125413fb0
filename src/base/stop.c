/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "base/stop.h"

#include <stdatomic.h>

static atomic_int asked;
static atomic_bool left_out;

void stop_request(enum stop_why why)
{
	int now = asked;

	while (now < (int)why && !atomic_compare_exchange_weak(&asked, &now, why))
		;
}

enum stop_why stop_asked(void)
{
	return atomic_load_explicit(&asked, memory_order_relaxed);
}

bool stop_now(void)
{
	return stop_asked() >= STOP_TIME;
}

void stop_leave_out(void)
{
	left_out = true;
}

bool stop_left_out(void)
{
	return left_out;
}
