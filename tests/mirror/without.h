/* SPDX-License-Identifier: GPL-3.0-or-later */
/* without - which guard of --delete this pcp does without: PCP_WITHOUT in the environment. */
#ifndef WITHOUT_H
#define WITHOUT_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool without(const char *guard)
{
	const char *wanted = getenv("PCP_WITHOUT");

	return wanted && !strcmp(wanted, guard);
}

#endif
