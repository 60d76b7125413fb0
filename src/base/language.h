/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * language - the language that people read, and the one that programs read.  Thread-safe,
 * unless something else is said.
 */
#ifndef PCP_LANGUAGE_H
#define PCP_LANGUAGE_H

#include <locale.h>
#include <stdbool.h>
#include <stdint.h>

/* Marks a text that translate() gets elsewhere. */
#define N_(text) (text)

/* Take the locale from the environment.  Main thread only, before any other one is started. */
void language_init(void);

/* Returns text in the user's language, or text itself. */
const char *translate(const char *text)
	__attribute__((__format_arg__(1)));

/* Returns one or many in the user's language, in the form that is right for the number n. */
const char *translate_n(const char *one, const char *many, uintmax_t n)
	__attribute__((__format_arg__(1), __format_arg__(2)));

/*
 * Until language_user(), what this thread puts together is for programs: in English, numbers and
 * the words of strerror(3) as well, whatever the locale.  Names are quoted as before.
 */
locale_t language_plain(void);

/* The end of that; before is what language_plain() has returned. */
void language_user(locale_t before);

/* Returns true if this thread speaks plain English, by language_plain() or by the locale. */
bool language_is_plain(void);

#endif
