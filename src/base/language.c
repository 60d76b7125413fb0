/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Design: what cp says as well is in the catalogue of coreutils, and so is what gnulib says.  That
 * is the default domain, which gnulib looks into by itself.  What is not there is pcp's own, and
 * in a catalogue that comes with pcp.  gettext(3) opens both when the first text is looked up,
 * and in the C locale never.
 *
 * What programs read must not depend on the locale of whoever runs pcp.  So there is a locale
 * that has only LC_CTYPE of it, for the names in messages, and is the C locale in all else:
 * gettext(3), strerror(3) and printf(3) take it from the thread.
 */
#include <config.h>

#include "base/language.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "configmake.h"
#include "gettext.h"

#define DOMAIN_OF_CP "coreutils"

static bool foreign;			/* the user's language may be another one */
static locale_t plain;			/* 0: there is none */
static _Thread_local bool speaks_plain;

/* Returns true if the locale is the C locale in that category, but for its codeset. */
static bool is_c(int category)
{
	const char *name = setlocale(category, NULL), *languages = getenv("LANGUAGE");

	if (!name || !strcmp(name, "C") || !strcmp(name, "POSIX"))
		return true;
	/* That is not heeded in the C locale alone. */
	return !strncmp(name, "C.", 2) && !(languages && *languages);
}

void language_init(void)
{
	setlocale(LC_ALL, "");
	foreign = !is_c(LC_MESSAGES) || !is_c(LC_NUMERIC);
	if (!foreign)
		return;
	/* The tests have not installed anything. */
	const char *dir = secure_getenv("PCP_LOCALEDIR");
	(void)bindtextdomain(PACKAGE, dir ? dir : LOCALEDIR);
	(void)bindtextdomain(DOMAIN_OF_CP, CP_LOCALEDIR);
	(void)textdomain(DOMAIN_OF_CP);
	locale_t user = duplocale(LC_GLOBAL_LOCALE);
	if (user)
		plain = newlocale(LC_ALL_MASK & ~LC_CTYPE_MASK, "C", user);
}

bool language_is_plain(void)
{
	return !foreign || speaks_plain;
}

const char *translate(const char *text)
{
	if (language_is_plain() || !*text)
		return text;
	const char *found = dgettext(DOMAIN_OF_CP, text);
	return found != text ? found : dgettext(PACKAGE, text);
}

const char *translate_n(const char *one, const char *many, uintmax_t n)
{
	if (language_is_plain())
		return n == 1 ? one : many;
	/* The last digits are what the forms of a language depend on. */
	return dngettext(PACKAGE, one, many, n <= ULONG_MAX ? n : n % 1000000 + 1000000);
}

locale_t language_plain(void)
{
	speaks_plain = true;
	return foreign && plain ? uselocale(plain) : (locale_t)0;
}

void language_user(locale_t before)
{
	if (before)
		uselocale(before);
	speaks_plain = false;
}
