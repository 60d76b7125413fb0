/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Design: the suffix is left to gnulib, as that of "1" and the suffix. */
#include <config.h>

#include "base/rate.h"

#include <stdlib.h>
#include <string.h>

#include "c-strtod.h"
#include "xstrtol.h"

/* More than any machine moves, and far from an overflow */
#define MOST ((uint64_t)1 << 62)

/* Room for "1", the longest suffix, and what is too long for one */
#define UNIT_SIZE 8

bool rate_parse_count(const char *text, uint64_t *ret)
{
	uintmax_t n = 0;

	if (strcmp(text, "off") != 0 &&
	    (*text < '0' || *text > '9' || xstrtoumax(text, NULL, 10, &n, "") != LONGINT_OK ||
	     n > MOST))
		return false;
	*ret = n;
	return true;
}

bool rate_parse_bytes(const char *text, uint64_t *ret)
{
	size_t digits = strspn(text, "0123456789.");
	char unit[UNIT_SIZE] = "1", *end;
	uintmax_t factor;

	if (!strcmp(text, "off")) {
		*ret = 0;
		return true;
	}
	double n = c_strtod(text, &end);
	if (!digits || end != text + digits || strlen(end) > UNIT_SIZE - 2)
		return false;
	strcat(unit, end);
	if (xstrtoumax(unit, NULL, 10, &factor, "bkKMGTPE0") != LONGINT_OK)
		return false;
	n *= factor;
	if (n > MOST || (n > 0 && n < 1))
		return false;
	*ret = n;
	return true;
}
