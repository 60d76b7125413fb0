/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* arm - whether a disk that says of itself that it has an arm does have one.  Thread-safe. */
#ifndef CF_ARM_H
#define CF_ARM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* All zeros: nothing was seen yet */
struct cf_arm {
	atomic_bool sought;	/* it has been seen to seek */
	atomic_uint near;	/* samples since it did */
};

void cf_arm_forget(struct cf_arm *a);

/* One more sample: work waited for so long (ns), alone or with one other thread. */
void cf_arm_note(struct cf_arm *a, int64_t wait);

/* Returns true if the disk has been seen to seek. */
bool cf_arm_is_there(const struct cf_arm *a);

#endif
