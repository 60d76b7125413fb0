/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Design: a disk with an arm makes work wait for longer than LONG_SEEK when it has to seek.
 * Virtual disks, too, may say that they have an arm; but their waits are shorter.  One that has
 * not sought for a while has none.
 */
#include <config.h>

#include "arm.h"

#include "relaxed.h"

/* Nanoseconds */
#define LONG_SEEK 4000000

/* Samples of most of a second */
#define NEAR 64

void cf_arm_forget(struct cf_arm *a)
{
	cf_relaxed_set(a->sought, false);
	cf_relaxed_set(a->near, 0);
}

void cf_arm_note(struct cf_arm *a, int64_t wait)
{
	bool sought = wait > LONG_SEEK;
	unsigned int near = sought ? 0 : cf_relaxed_get(a->near) + 1;

	cf_relaxed_set(a->near, near);
	if (sought)
		cf_relaxed_set(a->sought, true);
	else if (near >= NEAR)
		cf_relaxed_set(a->sought, false);
}

bool cf_arm_is_there(const struct cf_arm *a)
{
	return cf_relaxed_get(a->sought);
}
