/* SPDX-License-Identifier: GPL-3.0-or-later */
/* size - bytes as people read them: 18 GiB. */
#ifndef PCP_SIZE_H
#define PCP_SIZE_H

#include <stdint.h>

#include "human.h"

#define SIZE_BUF (LONGEST_HUMAN_READABLE + 1)

/* Returns bytes as text, in buf or in another place that lasts as long. */
static inline const char *size_text(char buf[static SIZE_BUF], uint64_t bytes)
{
	enum { opts = human_autoscale | human_base_1024 | human_SI | human_B |
	       human_space_before_unit | human_round_to_nearest };

	return human_readable(bytes, buf, opts, 1, 1);
}

#endif
