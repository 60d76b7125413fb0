/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pin - the directories of a copy, kept until it has ended, whatever its caller does
 * with its own descriptors and working directory.
 */
#ifndef CF_PIN_H
#define CF_PIN_H

#include <stdbool.h>

struct cf_pin {
	bool held;			/* false: the other fields mean nothing */
	int src_dir, dst_dir;		/* the pin's own descriptors, maybe one; or AT_FDCWD */
};

/* Pin the directories that the two names need.  Returns 0; or -errno, with nothing held. */
int cf_pin_get(struct cf_pin *p, int src_dir, const char *src, int dst_dir, const char *dst);

void cf_pin_put(struct cf_pin *p);

#endif
