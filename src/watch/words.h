/* SPDX-License-Identifier: GPL-3.0-or-later */
/* words - numbers as the page of --report shows them.  Thread-safe. */
#ifndef PCP_WORDS_H
#define PCP_WORDS_H

#include <stdint.h>

#define WORDS_BUF 64

/* Each returns text, in buf or in another place that lasts as long. */

/* 1 234 567, with spaces that do not break a line */
const char *words_count(char buf[static WORDS_BUF], uint64_t n);

/* The same of a number that need not be whole: 0.25, 12, 1 234 */
const char *words_number(char buf[static WORDS_BUF], double n);

/* 640 µs, 12.0 ms, 3.40 s, 1:05, or 2h 5m */
const char *words_time(char buf[static WORDS_BUF], double seconds);

/* 1.2 GiB */
const char *words_size(char buf[static WORDS_BUF], double bytes);

#endif
