/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names as they can be shown: src/report/quote.c */
#include <config.h>

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "report/quote.h"
#include "tap.h"

static void is_text(const char *got, const char *want, const char *what)
{
	if (!ok(!strcmp(got, want), "%s", what))
		diag("got %s, want %s", got, want);
}

static void test_ascii(void)
{
	is_text(quote_always(0, "name"), "'name'", "always quoted");
	is_text(quote_always(0, "it's"), "\"it's\"", "an apostrophe");
	is_text(quote_always(0, "a\nb"), "'a'$'\\n''b'", "a newline");
	is_text(quote_always(0, "\033[2J"), "''$'\\033''[2J'", "what controls a terminal");
	is_text(quote_always(0, ""), "''", "an empty name");
	is_text(quote_always(0, "\006it's\033"), "''$'\\006''it'\\''s'$'\\033'",
		"an apostrophe between what is escaped");
	is_text(quote_always(0, "\\it's\033"), "'''\\it'\\''s'$'\\033'",
		"and behind a backslash");
	is_text(quote_if_needed(0, "name", false), "name", "not quoted without need");
	is_text(quote_if_needed(0, "a name", false), "'a name'", "a space needs quotes");
	is_text(quote_if_needed(0, "a:b", false), "a:b", "a colon needs none");
	is_text(quote_if_needed(0, "a:b", true), "'a:b'", "unless that is said");
}

static void test_slots(void)
{
	const char *first = quote_always(0, "first"), *second = quote_always(1, "second");

	is_text(first, "'first'", "a text stays when another slot is used");
	is_text(second, "'second'", "which has the other text");

	char *name = malloc(100001);
	if (!name)
		bail_out("no memory");
	memset(name, '\'', 100000);
	name[100000] = '\0';
	const char *quoted = quote_always(2, name);
	size_t len = strlen(quoted);
	ok(len > 100000 && quoted[len - 1] == quoted[0], "a long name has its last quote");
	free(name);
}

static void *quote_in_thread(void *arg)
{
	(void)arg;
	quote_always(0, "other");
	return NULL;
}

static void test_threads(void)
{
	const char *mine = quote_always(0, "mine");
	pthread_t thread;

	if (pthread_create(&thread, NULL, quote_in_thread, NULL) != 0)
		bail_out("no thread can be had");
	pthread_join(thread, NULL);
	is_text(mine, "'mine'", "another thread has slots of its own");
}

static void test_utf8(void)
{
	is_text(quote_always(0, "\303\244"), "'\303\244'", "UTF-8 stays");
	is_text(quote_always(0, "a\377b"), "'a'$'\\377''b'", "a byte that is not UTF-8 is escaped");
	is_text(quote_always(0, "\303"), "''$'\\303'", "so is half a character");
}

/* The characters that turn the direction of text, and their neighbours, which do not */
static void test_bidi(void)
{
	static const struct {
		const char *name, *plain, *escaped;
	} cases[] = {
		{ "U+061C", "\330\234", "''$'\\330\\234'" },
		{ "U+200E", "\342\200\216", "''$'\\342\\200\\216'" },
		{ "U+200F", "\342\200\217", "''$'\\342\\200\\217'" },
		{ "U+202A", "\342\200\252", "''$'\\342\\200\\252'" },
		{ "U+202E", "\342\200\256", "''$'\\342\\200\\256'" },
		{ "U+2066", "\342\201\246", "''$'\\342\\201\\246'" },
		{ "U+2069", "\342\201\251", "''$'\\342\\201\\251'" },
		{ "U+061B", "\330\233", NULL },
		{ "U+2010", "\342\200\220", NULL },
		{ "U+2030", "\342\200\260", NULL },
		{ "U+2070", "\342\201\260", NULL },
		{ "U+20AC", "\342\202\254", NULL },
	};

	quote_init(true);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char as_it_is[32];

		snprintf(as_it_is, sizeof as_it_is, "'%s'", cases[i].plain);
		is_text(quote_always(0, cases[i].plain),
			cases[i].escaped ? cases[i].escaped : as_it_is, cases[i].name);
	}
	is_text(quote_always(0, "\303\244"), "'\303\244'", "the locale is as before");
	quote_init(false);
	if (iswprint(0x202e))
		is_text(quote_always(0, "\342\200\256"), "'\342\200\256'",
			"U+202E stays where there is no terminal");
	else
		skip(1, "the C library does not print U+202E");
}

int main(void)
{
	quote_init(false);
	test_ascii();
	test_slots();
	test_threads();
	if (setlocale(LC_ALL, "C.UTF-8")) {
		test_utf8();
		test_bidi();
	} else {
		skip(1, "no locale C.UTF-8");
	}
	return done_testing();
}
