/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <config.h>

#include "watch/words.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "watch/text.h"

/* U+202F, a narrow space at which no line is broken */
#define SPACE "\342\200\257"
#define SPACE_LEN (sizeof SPACE - 1)

static_assert(WORDS_BUF >= 20 + 6 * SPACE_LEN + 1, "the largest number has no room");

const char *words_count(char buf[static WORDS_BUF], uint64_t n)
{
	char *p = buf + WORDS_BUF - 1;

	*p = '\0';
	for (int digits = 0; n || !digits; n /= 10, digits++) {
		if (digits && digits % 3 == 0) {
			p -= SPACE_LEN;
			memcpy(p, SPACE, SPACE_LEN);
		}
		*--p = '0' + n % 10;
	}
	return p;
}

const char *words_number(char buf[static WORDS_BUF], double n)
{
	if (n >= 10 || n == (uint64_t)n)
		return words_count(buf, n + 0.5);
	snprintf(buf, WORDS_BUF, n < 1 ? "%.2g" : "%.1f", n);
	return buf;
}

/* Put n with three digits at least, and what it is of, into buf. */
static void put_unit(char buf[static WORDS_BUF], double n, const char *unit)
{
	snprintf(buf, WORDS_BUF, "%.*f\302\240%s", n < 10 ? 2 : n < 100 ? 1 : 0, n, unit);
}

const char *words_time(char buf[static WORDS_BUF], double seconds)
{
	if (seconds < 1e-3)
		put_unit(buf, seconds * 1e6, "\302\265s");
	else if (seconds < 1)
		put_unit(buf, seconds * 1e3, "ms");
	else if (seconds < 60)
		put_unit(buf, seconds, "s");
	if (seconds < 60)
		return buf;
	char *text = text_time(seconds);
	snprintf(buf, WORDS_BUF, "%s", text);
	free(text);
	return buf;
}

const char *words_size(char buf[static WORDS_BUF], double bytes)
{
	char size[SIZE_BUF];
	const char *text = size_text(size, bytes < 0 ? 0 : bytes);
	const char *space = strchr(text, ' ');

	if (!space)
		snprintf(buf, WORDS_BUF, "%s", text);
	else
		snprintf(buf, WORDS_BUF, "%.*s\302\240%s", (int)(space - text), text, space + 1);
	return buf;
}
